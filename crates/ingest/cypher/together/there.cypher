CALL () {
  UNWIND ${{rows}} AS row
  OPTIONAL MATCH (n:{{label}} {key: row[1]})
  USING INDEX SEEK n:{{label}}(key)
  WITH n, row[0] AS at ORDER BY at
  RETURN collect([n]) AS {{rows}}
}
