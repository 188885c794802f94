MATCH (changed:{{label}})
WHERE changed.change > $since
{{way}}RETURN DISTINCT {{anchor_id}} AS anchor
