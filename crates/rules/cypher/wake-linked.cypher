UNWIND $rows AS row
MATCH {{changed_row}}
{{way}}RETURN DISTINCT {{anchor_id}} AS anchor
