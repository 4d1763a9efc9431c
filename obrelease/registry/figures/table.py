"""The table of figures: values of every metric of every run of one results folder, keyed by digest.

It is kept in the user's cache folder and not in the results folder, so that no checkout can bring one.
A row is made from an envelope whose bytes had the digest, and what a digest names never changes. The
table may be deleted at any time.

Format history (`TABLE_VERSION`, a part of the file's name):

1. First version.
2. What lists show is in full: JSON figures, checks, and the files behind them.
3. What a line of a list shows is also kept alone (`brief`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Final

from obrelease.models.run_figures import FigurePoint, RunFigures, SeriesKey
from obrelease.storage.hashing import digest_bytes

TABLE_VERSION: Final = 3

_CACHE: Final = Path(".cache", "obrelease", "figures")
_BUSY_SECONDS: Final = 30.0
_TIME_OFFSET_NS: Final = 2**63
_DIGESTS_PER_QUERY: Final = 500
_SERIES_COLUMNS: Final = tuple(column.name for column in fields(SeriesKey))
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " place TEXT NOT NULL, created_ns INTEGER NOT NULL, commit_id TEXT, dirty INTEGER,"
    " toolchain TEXT NOT NULL, labels TEXT NOT NULL, listed TEXT NOT NULL, brief TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS run_place ON run (place)",
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS figure (series INTEGER NOT NULL, run INTEGER NOT NULL, value REAL NOT NULL,"
    " low REAL, high REAL, count INTEGER, PRIMARY KEY (series, run)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS complete (place TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID",
)
_INSERT_RUN: Final = (
    "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, json_array(json_extract(?9, '$.headline'),"
    " json_extract(?9, '$.figures.latency_p50_ns'), json_extract(?9, '$.figures.latency_p99_ns'),"
    " json_extract(?9, '$.checks')))"
)
TABLE_ERRORS: Final = (sqlite3.Error, OSError)
"""What reading or writing the table can raise; lists do without it then."""


class FiguresTable:
    """An open table; see `open_table`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._series: dict[SeriesKey, int] = {}

    def known(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests that have rows."""
        return {digest for digest, _ in self._select("digest, id", digests)}

    def add(self, runs: Iterable[RunFigures]) -> None:
        """Add runs in one transaction; a run that is known is left as it is."""
        with self._transaction():
            self._add(list(runs))

    def listed(self, digests: Sequence[str]) -> dict[str, Any]:
        """What lists show of runs, by digest; runs that are not known are left out."""
        rows = self._select("digest, listed", digests)
        return {digest: json.loads(text) for digest, text in rows}

    def brief(self, digests: Sequence[str]) -> dict[str, list[Any]]:
        """What a line of a list shows of runs, by digest: the headline, p50, p99, and the checks."""
        rows = list(self._select("digest, brief", digests))
        values = json.loads(f"[{','.join(text for _, text in rows)}]")
        return {digest: value for (digest, _), value in zip(rows, values, strict=True)}

    def series(self) -> dict[int, SeriesKey]:
        """All series, by number."""
        rows = self._connection.execute("SELECT id, key FROM series ORDER BY id")
        return {number: SeriesKey(*json.loads(key)) for number, key in rows}

    def points(self, series: int) -> Iterator[FigurePoint]:
        """The points of a series, oldest first; runs of one time by digest."""
        rows = self._connection.execute(
            "SELECT run.digest, created_ns, commit_id, dirty, toolchain, labels, value, low, high, count"
            " FROM figure JOIN run ON run.id = figure.run WHERE series = ? ORDER BY created_ns, run.digest",
            (series,),
        )
        for digest, created, commit, dirty, toolchain, labels, value, low, high, samples in rows:
            yield FigurePoint(
                digest,
                created + _TIME_OFFSET_NS,
                commit,
                None if dirty is None else bool(dirty),
                toolchain,
                json.loads(labels) if labels != "{}" else {},
                value,
                low,
                high,
                samples,
            )

    def run_rows(self) -> Iterator[tuple[int, str, str, str]]:
        """Number, digest, toolchain and labels (JSON) of every run."""
        yield from self._connection.execute("SELECT id, digest, toolchain, labels FROM run ORDER BY id")

    def figure_rows(self) -> Iterator[tuple[int, int, float, float | None, float | None, int | None]]:
        """Number of the series and of the run, value, interval and count of every figure."""
        yield from self._connection.execute(
            "SELECT series, run, value, low, high, count FROM figure ORDER BY series, run"
        )

    def stamps(self) -> dict[str, str]:
        """Scenario folders whose runs all have rows, by `<kind>/<scenario>`, with the stamp they had."""
        return dict(self._connection.execute("SELECT place, stamp FROM complete"))

    def digests_in(self, place: str) -> set[str]:
        """The digests of the runs of a scenario folder."""
        return {
            digest
            for (digest,) in self._connection.execute("SELECT digest FROM run WHERE place = ?", (place,))
        }

    def complete(self, place: str, stamp: str | None, gone: Iterable[str]) -> None:
        """Remember the stamp of a folder whose runs all have rows, and forget runs that are gone."""
        with self._transaction():
            for digest in gone:
                (number,) = self._connection.execute(
                    "SELECT id FROM run WHERE digest = ?", (digest,)
                ).fetchone()
                self._connection.execute("DELETE FROM figure WHERE run = ?", (number,))
                self._connection.execute("DELETE FROM run WHERE id = ?", (number,))
            if stamp is not None:
                self._connection.execute("INSERT OR REPLACE INTO complete VALUES (?, ?)", (place, stamp))

    def _add(self, runs: Sequence[RunFigures]) -> None:
        known = self.known([run.digest for run in runs])
        new = {run.digest: run for run in runs if run.digest not in known}
        (last,) = self._connection.execute("SELECT max(id) FROM run").fetchone()
        numbered = list(enumerate(new.values(), (last or 0) + 1))
        self._connection.executemany(
            _INSERT_RUN,
            (
                (
                    number,
                    run.digest,
                    run.place,
                    run.created_ns - _TIME_OFFSET_NS,
                    run.commit,
                    run.dirty,
                    run.toolchain,
                    run.labels_json,
                    run.listed_json,
                )
                for number, run in numbered
            ),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO figure VALUES (?, ?, ?, ?, ?, ?)", self._figure_rows(numbered)
        )

    def _figure_rows(self, numbered: Sequence[tuple[int, RunFigures]]) -> Iterator[tuple[Any, ...]]:
        """Rows of figures; equal keys of runs are mostly one object, whose number is looked up once."""
        numbers: dict[int, int] = {}
        for run_number, run in numbered:
            for series, *values in run.figures:
                if (number := numbers.get(id(series))) is None:
                    number = numbers[id(series)] = self._number_of(series)
                yield number, run_number, *values

    def _number_of(self, series: SeriesKey) -> int:
        if (known := self._series.get(series)) is not None:
            return known
        key = json.dumps(astuple(series))
        self._connection.execute("INSERT OR IGNORE INTO series (key) VALUES (?)", (key,))
        (number,) = self._connection.execute("SELECT id FROM series WHERE key = ?", (key,)).fetchone()
        self._series[series] = number
        return int(number)

    def _select(self, columns: str, digests: Sequence[str]) -> Iterator[tuple[str, Any]]:
        for start in range(0, len(digests), _DIGESTS_PER_QUERY):
            part = digests[start : start + _DIGESTS_PER_QUERY]
            marks = ", ".join("?" * len(part))
            yield from self._connection.execute(
                f"SELECT {columns} FROM run WHERE digest IN ({marks})",  # noqa: S608
                part,
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._series.clear()
            raise
        self._connection.execute("COMMIT")


def table_path(root: Path) -> Path:
    """The file of the table of a results folder, in the user's cache folder.

    Raises:
        RuntimeError: there is no home folder.
    """
    name = digest_bytes(str(root.resolve()).encode("utf-8", "surrogateescape"))[:32]
    return Path.home() / _CACHE / f"{name}-{TABLE_VERSION}.sqlite"


@contextmanager
def open_table(root: Path) -> Iterator[FiguresTable]:
    """Open the table of a results folder.

    A damaged file is made again. Without a home folder that can be written, the table is in memory.
    """
    with closing(_connect(root)) as connection:
        yield FiguresTable(connection)


def _connect(root: Path) -> sqlite3.Connection:
    for _ in range(2):
        path = None
        try:
            path = table_path(root)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _opened(str(path))
        except sqlite3.DatabaseError:
            if path is None or not _deleted(path):
                break
        except (OSError, RuntimeError):
            break
    return _opened(":memory:")


def _opened(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("SELECT digest, listed FROM run LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _deleted(path: Path) -> bool:
    try:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError:
        return False
    return True
