"""Writes an export: rows of the registry and of the table of figures become three Parquet files.

DuckDB reads the rows from text files in a temporary folder, so that memory does not grow with their number.

* `runs`: one row per run, sorted by kind, scenario, core, machine and time.
* `metrics`: one row per metric of a workload on a machine.
* `figures`: the value of a metric in a run; `run_id` and `metric_key` number the rows of the others.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from obrelease.analytics.duckdb_library import load_duckdb
from obrelease.analytics.export_folder import ExportDescription, replaced_folder, write_description
from obrelease.errors import StorageError
from obrelease.registry.entry import Entry
from obrelease.registry.figures.table import FiguresTable
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

_MEMORY: Final = "2GB"
_MISSING: Final = r"\N"
_OPTIONS: Final = (
    "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n',"
    f" nullstr = '{_MISSING}', allow_quoted_nulls = false, max_line_size = 33554432"
)
_PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 6, PARQUET_VERSION v2)"

_ENTRY: Final = {
    "digest": "VARCHAR",
    "kind": "VARCHAR",
    "scenario": "VARCHAR",
    "core": "VARCHAR",
    "commit": "VARCHAR",
    "dirty": "BOOLEAN",
    "created_ns": "UBIGINT",
    "workload": "VARCHAR",
    "messages": "BIGINT",
    "events": "VARCHAR",
    "checks_failed": "INTEGER",
    "size_bytes": "BIGINT",
}
_KNOWN: Final = {"number": "BIGINT", "digest": "VARCHAR", "toolchain": "VARCHAR", "labels": "VARCHAR"}
_SERIES: Final = {
    "metric_key": "INTEGER",
    "kind": "VARCHAR",
    "scenario": "VARCHAR",
    "core": "VARCHAR",
    "variant": "VARCHAR",
    "machine": "VARCHAR",
    "metric_id": "VARCHAR",
    "metric": "VARCHAR",
    "unit": "VARCHAR",
    "direction": "VARCHAR",
    "primary": "BOOLEAN",
    "metric_group": "VARCHAR",
    "parameters": "VARCHAR",
}
_FIGURE: Final = {
    "metric_key": "INTEGER",
    "number": "BIGINT",
    "value": "DOUBLE",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "samples": "BIGINT",
}

_RUNS_QUERY: Final = """
CREATE TABLE all_runs AS
WITH place AS (SELECT number, min(metric_key) AS metric_key FROM figure GROUP BY number),
     named AS (SELECT *, CASE WHEN count(*) OVER (PARTITION BY left(digest, 12)) = 1
                    THEN left(digest, 12) ELSE digest END AS run FROM entry)
SELECT row_number() OVER (ORDER BY e.kind, e.scenario, e.core, s.machine, e.created_ns, e.digest)::INTEGER
         AS run_id,
       e.run, e.kind, e.scenario, e.core, s.machine, s.variant, e.commit, e.dirty,
       CASE WHEN e.created_ns < 9223372036854775807 THEN make_timestamp_ns(e.created_ns::BIGINT) END
         AS created,
       e.workload, e.messages, e.events, e.checks_failed, e.size_bytes, k.toolchain, k.labels, k.number
FROM named e LEFT JOIN known k USING (digest) LEFT JOIN place p USING (number)
     LEFT JOIN series s USING (metric_key)"""

_COPIES: Final = {
    "runs": "SELECT * EXCLUDE (number) FROM all_runs ORDER BY run_id",
    "metrics": "SELECT * FROM series ORDER BY metric_key",
    "figures": (
        "SELECT r.run_id, f.metric_key, f.value, f.low, f.high, f.samples"
        " FROM figure f JOIN all_runs r USING (number) ORDER BY f.metric_key, r.run_id"
    ),
}


def write_export(folder: Path, entries: Iterable[Entry], table: FiguresTable) -> ExportDescription:
    """Write an export of these runs into a folder, or replace the export that is there.

    Args:
        folder: a new folder, or one that has an export.
        entries: the runs; none of them twice.
        table: the table of figures, with a row for each run that can be read.

    Raises:
        UsageError: DuckDB is not installed, or the folder has other files.
        StorageError: the disk refused, or the rows do not fit.
    """
    duckdb = load_duckdb()
    with replaced_folder(folder) as made, temporary_folder() as scratch:
        with storage_errors(scratch):
            _write_rows(scratch / "entry", (_entry_row(entry) for entry in entries))
            _write_rows(scratch / "known", table.run_rows())
            _write_rows(scratch / "series", _series_rows(table))
            _write_rows(scratch / "figure", table.figure_rows())
        with _engine_errors(duckdb, folder):
            counts = _convert(duckdb, scratch, made)
        description = ExportDescription(
            runs=counts["runs"], metrics=counts["metrics"], figures=counts["figures"]
        )
        write_description(made, description)
    return description


def _convert(duckdb: Any, scratch: Path, made: Path) -> dict[str, int]:
    """Let DuckDB read the text files and write the Parquet files; the number of rows of each."""
    config = {"memory_limit": _MEMORY, "temp_directory": str(scratch / "spill")}
    with duckdb.connect(":memory:", config=config) as connection:
        for name, columns in (("entry", _ENTRY), ("known", _KNOWN), ("series", _SERIES), ("figure", _FIGURE)):
            kinds = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
            source = _quoted(scratch / name)
            connection.execute(
                f"CREATE TABLE {name} AS SELECT * FROM read_csv({source}, columns = {{{kinds}}}, {_OPTIONS})"  # noqa: S608
            )
        connection.execute(_RUNS_QUERY)
        return {
            name: int(
                connection.execute(
                    f"COPY ({query}) TO {_quoted(made / f'{name}.parquet')} {_PARQUET}"
                ).fetchone()[0]
            )
            for name, query in _COPIES.items()
        }


def _quoted(path: Path) -> str:
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def _entry_row(entry: Entry) -> Sequence[object]:
    return (
        entry.digest, entry.kind, entry.scenario, entry.core, entry.commit, entry.dirty, entry.created_ns,
        entry.workload, entry.messages, entry.events_digest, entry.checks_failed, entry.size_bytes,
    )  # fmt: skip


def _series_rows(table: FiguresTable) -> Iterator[Sequence[object]]:
    for number, key in table.series().items():
        yield (
            number, key.kind, key.scenario, key.core, key.variant, key.machine, key.metric_id, key.name,
            key.unit, key.direction, key.primary, key.group, key.parameters,
        )  # fmt: skip


def _write_rows(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Rows as RFC 4180 with a mark for missing values; numbers in the shortest form that is exact."""
    with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        for row in rows:
            write([_cell(value) for value in row])


def _cell(value: object) -> object:
    if value is None:
        return _MISSING
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


@contextmanager
def _engine_errors(duckdb: Any, folder: Path) -> Iterator[None]:
    """An error of DuckDB here is the disk or the memory: the rows are our own."""
    try:
        yield
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:300]
        raise StorageError(
            f"{folder}: the export cannot be written: {text}", hint="free some space"
        ) from error
