//! title      = "A reference as Polar keeps it"
//! identifies = "ContainerImage"
//! key        = ["normalized"]
//! image      = "normalized"
//! labels     = ["ContainerImage"]
//! indexes    = ["ContainerImage.normalized"]
//
// The label has a second kind of node: a config, named by its digest.
MATCH (image:ContainerImage)
WHERE image.normalized IS NOT NULL
RETURN image.normalized AS normalized
