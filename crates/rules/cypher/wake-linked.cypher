UNWIND $rows AS row
MATCH {{end_row}}
{{way}}RETURN DISTINCT {{anchor_id}} AS anchor
