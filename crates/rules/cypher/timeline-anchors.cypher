MATCH (from:{{from_label}})
RETURN {{from_id}} AS anchor
