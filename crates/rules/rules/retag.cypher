//! title    = "Tag was moved to another digest"
//! finding  = "retag"
//! severity = "medium"
//! reads    = ["POINTED_TO"]
//! evidence = "before.digest + ' from ' + left(toString(old.from), 16) + 'Z' + coalesce(', ' + old.produced_by, '') + '; ' + after.digest + ' from ' + left(toString(new.from), 16) + 'Z' + coalesce(', ' + new.produced_by, '')"
//
// The last move, of a tag that is there.
MATCH (before:ImageManifest)<-[old:POINTED_TO]-(subject:ImageTag)-[new:POINTED_TO]->(after:ImageManifest)
WHERE old.until = new.from AND new.until IS NULL AND before.digest <> after.digest
