CREATE INDEX ON :{{label}}({{property}}) UNIQUE
