"""Print the value of the last line of the code on stdin as JSON: a table as a list of its rows.

It runs in the environment of the readers, which has none of our code.
"""

import ast
import json
import sys

code = ast.parse(sys.stdin.read())
names: dict = {}
exec(compile(ast.Module(code.body[:-1], []), "page", "exec"), names)
value = eval(compile(ast.Expression(code.body[-1].value), "page", "eval"), names)
for convert in ("to_pandas", "df"):  # Polars and DataFusion, DuckDB
    value = getattr(value, convert)() if hasattr(value, convert) else value
if hasattr(value, "itertuples"):
    value = value if value.index.names == [None] else value.reset_index()
    value = list(value.itertuples(index=False, name=None))
json.dump(value, sys.stdout, default=lambda number: number.item())
