//! title      = "Registry had the tag point to the digest"
//! timeline   = "POINTED_TO"
//! reads      = ["OF_TAG", "HAS_MANIFEST"]
//! at         = ["coalesce(image.pushes, image.first_seen)", "image.back_at"]
//! until      = ["image.gone_at", "image.was_gone_at"]
//! confidence = 1.0
//! evidence   = "image.key"
//
// From when the registry says that the tag was moved; from a registry that tells no times, from when
// it was first seen so, and again when it came back.
MATCH (from:ImageTag)<-[:OF_TAG]-(image:ACRImage)-[:HAS_MANIFEST]->(to:ImageManifest)
