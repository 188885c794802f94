//! title      = "The image that a container asks for"
//! identifies = "PodContainer"
//! key        = ["pod_uid", "name"]
//! image      = "image"
//! labels     = ["PodContainer"]
//! indexes    = ["PodContainer.pod_uid"]
MATCH (container:PodContainer)
RETURN container.pod_uid AS pod_uid, container.name AS name, container.image AS image
