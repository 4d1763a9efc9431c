"""Answers one SQL query over an export. A program of its own, started by `query_process` for each query.

A query may come from anybody. Three walls, each sufficient for most attacks, stand around it:

* Only one SELECT is run, and its syntax tree may name the export's views, the functions that compute, and
  three table functions. So files, addresses, settings, extensions and raw pointers cannot be named.
* DuckDB itself may open only the files of the export, loads no extensions, and its settings are locked.
* The process may not write to a file, and its memory and processor time are limited by the system.

Usage: `python query_sandbox.py`, with one JSON line on stdin; one JSON document on stdout. It needs DuckDB
and the standard library alone. If stdin is closed, it ends.
"""

import json
import math
import os
import sys
import threading
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

VIEWS = frozenset({"runs", "metrics", "figures"})
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
DENIED = frozenset(
    {
        *("current_setting", "getvariable", "getenv", "pg_sleep", "sleep_ms", "current_query", "query"),
        *("json_deserialize_sql", "json_serialize_sql", "json_serialize_plan", "in_search_path"),
        *("inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port"),
        *("get_block_size", "pg_conf_load_time", "pg_postmaster_start_time", "col_description"),
    }
)
"""Functions that tell of the machine or the session, wait, or run text; more than the volatile ones."""

EXACT = 2**53
MAX_CELL_BYTES = 2**20
SPARE_BYTES = 3 * 2**30
"""Address space beyond DuckDB's own limit: its code, its threads' stacks and Python."""

FIGURES_VIEW = """
CREATE VIEW figures AS SELECT r.run, r.kind, r.scenario, r.core, r.machine, r.variant, r.commit, r.dirty,
  r.created, r.toolchain, r.labels, m.metric, m.metric_id, m.unit, m.direction, m."primary", m.metric_group,
  m.parameters, f.value, f.low, f.high, f.samples
FROM read_parquet('{figures}') f JOIN read_parquet('{runs}') r ON r.run_id = f.run_id
  JOIN read_parquet('{metrics}') m ON m.metric_key = f.metric_key"""


class Refused(Exception):
    """The query is not allowed, or cannot be answered; the text is for the user."""


def limit_process(memory_bytes: int, seconds: int) -> None:
    """Let the system refuse what DuckDB's own limits might miss."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    processors = (os.cpu_count() or 1) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * processors, seconds * processors + 1))
    if sys.platform == "linux":
        most = memory_bytes + SPARE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def connect(duckdb: Any, folder: str, memory_bytes: int) -> Any:
    """A connection that can read the files of the export and nothing else."""
    files = {name: f"{folder}/{name}.parquet" for name in VIEWS}
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_bytes}B",
            "temp_directory": "",
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_persistent_secrets": "false",
        },
    )
    quoted = {name: path.replace("'", "''") for name, path in files.items()}
    for name in ("runs", "metrics"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted[name]}')")  # noqa: S608
    connection.execute(FIGURES_VIEW.format(**quoted))
    listed = ", ".join(f"'{path}'" for path in sorted(quoted.values()))
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def functions_that_compute(connection: Any) -> frozenset[str]:
    """Names of functions that give one value for the same arguments, and have no effect."""
    rows = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN"
        " ('scalar', 'aggregate', 'window', 'macro') AND stability IS DISTINCT FROM 'VOLATILE'"
        " AND NOT starts_with(function_name, '__internal')"
    ).fetchall()
    volatile = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'"
    ).fetchall()
    return frozenset(name for (name,) in rows) - frozenset(name for (name,) in volatile) - DENIED


def check_query(connection: Any, sql: str) -> None:
    """Refuse everything but one SELECT that names what is allowed."""
    text = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()[0]
    tree = json.loads(text)
    if tree.get("error"):
        kind = tree.get("error_type", "")
        if kind == "not implemented":
            raise Refused("only one SELECT statement can be run")
        raise Refused(f"cannot be read as SQL: {tree.get('error_message', kind)}")
    if len(tree["statements"]) != 1:
        raise Refused("only one SELECT statement can be run")
    computing, names = functions_that_compute(connection), set(VIEWS)
    nodes = list(walk(tree["statements"][0]))
    for node, _ in nodes:
        names |= {str(each["key"]).lower() for each in node.get("cte_map", {}).get("map", ())}
        if node.get("type") == "RECURSIVE_CTE_NODE" or node.get("type") == "CTE_NODE":
            names.add(str(node.get("cte_name", "")).lower())
    for node, in_table_function in nodes:
        check_node(node, names, TABLE_FUNCTIONS if in_table_function else computing)


def walk(top: Any) -> Any:
    """Every object of a syntax tree, and whether it is the call of a table function."""
    todo: list[tuple[Any, bool]] = [(top, False)]
    while todo:
        node, called = todo.pop()
        if isinstance(node, list):
            todo += [(each, False) for each in node]
        elif isinstance(node, dict):
            yield node, called
            is_table_function = node.get("type") == "TABLE_FUNCTION"
            todo += [(each, is_table_function and key == "function") for key, each in node.items()]


def check_node(node: dict[str, Any], tables: set[str], functions: frozenset[str]) -> None:
    """Refuse a table or a function that is not among those."""
    if node.get("type") == "BASE_TABLE":
        table, schema = str(node.get("table_name", "")), str(node.get("schema_name", ""))
        if schema or node.get("catalog_name") or table.lower() not in tables:
            named = ".".join(part for part in (schema, table) if part)
            raise Refused(f"there is no table {named!r}: the tables are {', '.join(sorted(VIEWS))}")
    name = node.get("function_name")
    if isinstance(name, str) and (
        name.lower() not in functions or node.get("schema") not in (None, "", "main")
    ):
        raise Refused(f"the function {name!r} cannot be used in a query")


def answer(connection: Any, sql: str, rows: int, most_bytes: int) -> dict[str, Any]:
    """The columns and at most so many rows of the result."""
    cursor = connection.execute(sql)
    columns = [str(column[0]) for column in cursor.description]
    kinds = [str(column[1]) for column in cursor.description]
    found: list[list[Any]] = []
    size = 0
    while len(found) <= rows and (chunk := cursor.fetchmany(1_000)):
        for row in chunk:
            cells = [plain(value) for value in row]
            size += sum(len(cell) if isinstance(cell, str) else 24 for cell in cells)
            if size > most_bytes:
                raise Refused(f"the result has more than {most_bytes:,} bytes")
            found.append(cells)
    return {"columns": columns, "types": kinds, "rows": found[:rows], "complete": len(found) <= rows}


def plain(value: Any) -> Any:
    """A value of a result as JSON has it: large integers and times as text, no number for NaN."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() and Decimal(float(value)) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray):
        return bytes(value[:MAX_CELL_BYTES]).hex()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)


def end_with_parent() -> None:
    """End this process when its stdin is closed: whoever asked is gone."""
    os.read(0, 1)
    os._exit(1)


def respond(request: dict[str, Any]) -> dict[str, Any]:
    """The document for a request; whatever goes wrong is text in it."""
    import duckdb

    limit_process(request["memory_bytes"], request["seconds"])
    try:
        connection = connect(duckdb, request["folder"], request["memory_bytes"])
        check_query(connection, request["sql"])
        return answer(connection, request["sql"], request["rows"], request["bytes"])
    except Refused as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "the query needs more memory than it may use"}
    except (duckdb.Error, RuntimeError, ValueError, RecursionError) as error:
        text = str(error).replace(request["folder"] + "/", "")
        return {"error": " ".join(text.split())[:1_000] or type(error).__name__}


def main() -> None:
    """Read the request, answer it, and leave without waiting for anything."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 65_536)
        if not part:
            os._exit(1)
        line += part
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.chdir(Path(os.sep))
    data = json.dumps(respond(json.loads(line)), allow_nan=False).encode("utf-8", "replace")
    with os.fdopen(1, "wb") as out:
        out.write(data)
    os._exit(0)


if __name__ == "__main__":
    main()
