"""Export the runs and figures of a registry as Parquet files, and ask SQL questions about them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obrelease.api.arguments import check_argument, checked_path
from obrelease.api.figures import figures_table
from obrelease.api.registry import RegistryLike, store_of
from obrelease.api.run_conditions import run_filter
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from obrelease.analytics.query_process import QueryResult


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        folder: the export.
        runs, metrics, figures: the rows of its tables.
        bytes: the size of all files.
    """

    folder: Path
    runs: int
    metrics: int
    figures: int
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease export --json` prints."""
        return {
            "folder": str(self.folder),
            "runs": self.runs,
            "metrics": self.metrics,
            "figures": self.figures,
            "bytes": self.bytes,
        }


def export_parquet(
    folder: str | os.PathLike[str],
    *filters: str,
    registry: RegistryLike = "results",
    reporter: Reporter = SILENT,
) -> ExportReport:
    """Write the facts and figures of runs as Parquet files: `runs`, `metrics` and `figures`.

    Figures come from the table of figures, as for `obrelease history`: the files of runs that it knows are
    not hashed again.

    Args:
        folder: a new folder, or one that has an export, which is then replaced as a whole.
        filters: in the language of `obrelease list`; all runs if there is none.

    Raises:
        UsageError: a malformed filter, the folder has other files, or `obrelease[analytics]` is missing.
        StorageError: the disk refused.
    """
    from obrelease.analytics.duckdb_library import require_duckdb
    from obrelease.analytics.write_export import write_export

    require_duckdb()
    target, store = checked_path("folder", folder), store_of(registry)
    where = run_filter(filters, {})
    with figures_table(store, kind=where.kind, scenario=where.scenario, reporter=reporter) as table:
        found = {entry.digest: entry for entry in store.find(where)}
        written = write_export(target, found.values(), table)
    size = sum(file.stat().st_size for file in target.iterdir())
    return ExportReport(target, written.runs, written.metrics, written.figures, size)


def query(
    sql: str,
    *,
    export: str | os.PathLike[str] | None = None,
    registry: RegistryLike = "results",
    rows: int = 10_000,
    seconds: int = 60,
    memory_bytes: int = 2**30,
    reporter: Reporter = SILENT,
) -> QueryResult:
    """The result of one SELECT over the tables `runs`, `metrics` and `figures`.

    The query runs in a process of its own that can read the export and nothing else: no other file, no
    network, no settings. It cannot change anything.

    Args:
        export: an export; if None, one of all runs of the registry is made for this query.
        rows, seconds, memory_bytes: the most that the query may give and take.

    Raises:
        UsageError: the query is not one SELECT, names what it may not use, is wrong, or exceeds a limit; or
            `obrelease[analytics]` is missing.
        NotFound, InvalidInput: `export` is not an export.
        StorageError: the disk refused.

    Example:
        >>> query("SELECT scenario, median(value) FROM figures GROUP BY scenario").rows
    """
    from obrelease.analytics.query_process import limits_of, run_query

    check_argument("sql", sql, str, "a SELECT statement")
    limits = limits_of(rows, seconds, memory_bytes)
    if export is not None:
        return run_query(checked_path("export", export), sql, limits)
    with temporary_folder() as scratch:
        export_parquet(scratch / "export", registry=registry, reporter=reporter)
        return run_query(scratch / "export", sql, limits)
