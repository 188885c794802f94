//! title    = "Tag was moved to another digest"
//! finding  = "retag"
//! severity = "medium"
//! reads    = ["POINTED_TO"]
//! evidence = "before.digest + ' from ' + left(toString(old.from), 16) + 'Z' + coalesce(', ' + old.produced_by, '') + '; ' + after.digest + ' from ' + left(toString(new.from), 16) + 'Z' + coalesce(', ' + new.produced_by, '')"
//
// The last digest before the one that the tag points to now, also where the tag was deleted in
// between: what is pushed anew under an old name is another image.
MATCH (before:ImageManifest)<-[old:POINTED_TO]-(subject:ImageTag)-[new:POINTED_TO]->(after:ImageManifest)
WHERE new.until IS NULL AND old.from < new.from AND before.digest <> after.digest
  AND NOT EXISTS {
    (subject)-[later:POINTED_TO]->(other:ImageManifest) WHERE later.from > old.from AND other.digest <> after.digest
  }
