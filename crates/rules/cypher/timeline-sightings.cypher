{{start}}MATCH {{pattern}}
WHERE {{condition}}
RETURN {{from_id}} AS source, {{to_id}} AS target, to.key AS target_key,
       {{times}}{{by}} AS produced_by, {{evidence}} AS evidence
