CALL (nodes) {
  UNWIND ${{rows}} AS row
  WITH nodes[row[0]][0] AS from, nodes[row[1]][0] AS to, row[2] AS props
  WHERE from IS NOT NULL AND to IS NOT NULL
  {{make}} (from)-[edge:{{edge}}]->(to)
  SET edge += props
}
