MATCH {{changed}}
WHERE {{variable}}.change > $since
RETURN {{variable}}.key AS anchor LIMIT 1
