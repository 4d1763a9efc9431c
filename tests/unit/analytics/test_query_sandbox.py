"""Hostile statements: each is refused by the check of the query, and most again by DuckDB's own locks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from obrelease.analytics import query_sandbox
from obrelease.analytics.query_sandbox import Refused, check_query, connect, plain
from tests.unit.analytics.made_up_export import make_export

FILES: Final = (
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM read_duckdb('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM glob('{folder}/*')",
    "FROM read_text('{secret}') SELECT content",
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('{secret}'))",
    "WITH x AS (FROM read_text('{secret}')) SELECT * FROM x",
    "WITH x AS MATERIALIZED (SELECT * FROM '{secret}') SELECT * FROM x",
    "SELECT run FROM runs LIMIT (SELECT count(*) FROM read_text('{secret}'))",
    "SELECT * FROM runs, LATERAL (SELECT * FROM read_text('{secret}'))",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "DESCRIBE SELECT * FROM read_text('{secret}')",
    "SUMMARIZE SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "COPY runs TO '{folder}/written'",
    "COPY (SELECT 1) TO '{folder}/written' (FORMAT csv)",
    "EXPORT DATABASE '{folder}/written'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/written' AS x",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/written'",
    "SELECT * FROM enable_logging('QueryLog', storage := 'file', storage_path := '{folder}/written')",
    "CALL enable_logging('QueryLog', storage = 'file', storage_path = '{folder}/written')",
    "SELECT * FROM enable_profiling(save_location := '{folder}/written')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{secret}'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_paths = ['{secret}']",
    "SET temp_directory = '{folder}'",
    "RESET enable_external_access",
    "PRAGMA enable_profiling",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
)
"""What reads, writes, loads or unlocks: two walls refuse each."""

REST: Final = (
    "SELECT getenv('HOME')",
    "SELECT current_setting('home_directory')",
    "SELECT system.main.current_setting('memory_limit')",
    "SELECT list_transform([1], lambda x: current_setting('memory_limit'))",
    "SELECT [current_setting('memory_limit') for x in [1]]",
    "SELECT * FROM runs ORDER BY current_setting('memory_limit')",
    "SELECT count(*) FILTER (WHERE current_setting('x') = '') FROM runs",
    "SELECT sum(1) OVER (ORDER BY current_setting('x')) FROM runs",
    "SELECT * REPLACE (current_setting('x') AS kind) FROM runs",
    "SELECT COLUMNS(c -> current_setting(c) = '') FROM runs",
    "SELECT * FROM (VALUES (getvariable('x'))) t",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_logs",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM query_table('runs')",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM python_map_function(1)",
    "SELECT * FROM checkpoint('memory')",
    "SELECT * FROM truncate_duckdb_logs()",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM repeat_row(1, num_rows = 10)",
    "SELECT sleep_ms(100000)",
    "SELECT pg_sleep(1000)",
    "SELECT write_log('x')",
    "SELECT nextval('s')",
    "SELECT random()",
    "SELECT setseed(0.5)",
    "SELECT stats(run) FROM runs",
    "SELECT * FROM sys",
    "SELECT * FROM duckdb",
    "SELECT * FROM runs AS a, a.kind",
    "SELECT 1; SELECT 2",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP MACRO f(x) AS TABLE SELECT * FROM read_text(x)",
    "INSERT INTO runs VALUES (1)",
    "DELETE FROM runs",
    "UPDATE runs SET kind = 'x'",
    "MERGE INTO runs USING runs r ON true WHEN MATCHED THEN DELETE",
    "DROP VIEW runs",
    "ALTER VIEW runs RENAME TO x",
    "COMMENT ON VIEW runs IS 'x'",
    "USE memory",
    "VACUUM",
    "CHECKPOINT",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN ANALYZE SELECT 1",
    "BEGIN TRANSACTION",
    "PRAGMA database_list",
    "PIVOT runs ON kind",
    "",
    "-- nothing",
    "SELECT",
)

ALLOWED: Final = (
    "SELECT count(*) FROM runs",
    "FROM figures SELECT scenario, median(value) GROUP BY ALL",
    "WITH x AS (SELECT * FROM runs) SELECT count(*) FROM x, x AS y",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t",
    "SELECT run, rank() OVER (PARTITION BY kind ORDER BY created DESC) FROM runs",
    "SELECT labels->>'runner', date_trunc('day', created) FROM runs",
    "SELECT list_transform([1, 2], lambda x: x + 1)",
    "SELECT * FROM range(3), unnest([1, 2])",
    "DESCRIBE figures",
    "SUMMARIZE metrics",
    "TABLE runs",
    "PIVOT runs ON kind IN ('bench') USING count(*) GROUP BY scenario",
    "SELECT r.run FROM runs r SEMI JOIN figures f ON f.run = r.run",
    "SELECT 'read_text(''x'')', \"commit\" FROM runs",
    "VALUES (1), (2)",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("sandbox")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place / "home"))
        make_export(place / "export", place / "results")
    (place / "secret").write_text("a secret\n")
    yield place
    assert not (place / "written").exists()


@pytest.fixture(scope="module")
def connection(folder: Path) -> Any:
    return connect(duckdb, str(folder / "export"), 2**28)


def filled(statement: str, folder: Path) -> str:
    return statement.replace("{secret}", str(folder / "secret")).replace("{folder}", str(folder))


@pytest.mark.parametrize("statement", [*FILES, *REST])
def test_the_check_refuses(connection: Any, folder: Path, statement: str) -> None:
    with pytest.raises(Refused):
        check_query(connection, filled(statement, folder))


@pytest.mark.parametrize("statement", FILES)
def test_duckdb_refuses_as_well(folder: Path, statement: str) -> None:
    with connect(duckdb, str(folder / "export"), 2**28) as connection, pytest.raises(duckdb.Error):
        connection.execute(filled(statement, folder)).fetchall()


@pytest.mark.parametrize("statement", ALLOWED)
def test_a_question_is_answered(connection: Any, statement: str) -> None:
    check_query(connection, statement)
    assert connection.execute(statement).fetchall()


def test_a_cte_opens_no_file_of_its_name(connection: Any, folder: Path) -> None:
    """The check knows names and no scopes; DuckDB's lock stands behind it."""
    name = str(folder / "secret")
    sql = f"""SELECT * FROM (WITH "{name}" AS (SELECT 1) SELECT 1), "{name}" """
    check_query(connection, sql)
    with pytest.raises(duckdb.Error):
        connection.execute(sql)


def test_every_function_of_duckdb_that_has_an_effect_is_refused(connection: Any) -> None:
    """A version of DuckDB with more functions that act must be looked at."""
    known = query_sandbox.functions_that_compute(connection)
    suspicious = {
        name
        for name in known
        if any(part in name for part in ("read", "write", "scan", "sleep", "env", "setting", "file", "log_"))
        or name.startswith(("set", "duckdb", "pragma", "enable", "load", "python"))
    }
    assert suspicious <= {"parse_filename", "parse_duckdb_log_message", "set_bit"}


def test_the_process_can_write_no_file(tmp_path: Path) -> None:
    target = tmp_path / "written"
    program = (
        "import sys; from obrelease.analytics.query_sandbox import limit_process; limit_process(2**28, 5)\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"open({str(target)!r}, 'wb', buffering=0).write(b'x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert target.read_bytes() == b""


def test_values_as_json_has_them() -> None:
    connection = duckdb.connect(":memory:")
    row = connection.execute(
        "SELECT 9007199254740991, 9007199254740992, 'nan'::DOUBLE, 1.25, TIMESTAMP '2026-01-02 03:04:05',"
        " '\\xAB'::BLOB, [1, NULL], {'a': true}, INTERVAL 90 MINUTE,"
        " 0.1234567890123456789012345678901234567::DECIMAL(38, 37)"
    ).fetchone()
    assert row is not None
    assert [plain(value) for value in row] == [
        9007199254740991, "9007199254740992", None, 1.25, "2026-01-02T03:04:05", "ab", [1, None], {"a": True},
        5400.0, "0.1234567890123456789012345678901234567",
    ]  # fmt: skip
