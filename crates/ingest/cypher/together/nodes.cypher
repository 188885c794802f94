CALL (last) {
  UNWIND ${{rows}} AS row
  {{make}} (n:{{label}} {key: row[1]})
  SET n += row[2], n.change = last
  WITH n, row[0] AS at ORDER BY at
  RETURN collect([n]) AS {{rows}}
}
