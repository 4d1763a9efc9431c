"""A registry of runs: find, load, check, name and remove them.

Libraries that only some methods need (pandas, HdrHistogram, git) are imported by those methods.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obrelease.api.arguments import check_argument, checked_limit, checked_path
from obrelease.api.run_arguments import RunLike, run_name
from obrelease.api.run_conditions import run_filter
from obrelease.errors import NotFound, UsageError
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry as Store
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from obrelease.analysis.summary.dataframe import RunsFrame
    from obrelease.api.collect_garbage import GcReport
    from obrelease.api.project import ProjectLike
    from obrelease.api.run_details import RunDetails
    from obrelease.api.validate_documents import ValidationReport
    from obrelease.models.artefact import Artefact
    from obrelease.registry.fsck import FsckReport


DEFAULT_GRACE = "14d"
"""How long `gc` leaves a run that nothing keeps."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The runs that pass a filter, newest first.

    Attributes:
        unreadable: folders that look like runs and have a damaged envelope.
        warning: why the index is not used, if you can do something about it.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[Path, ...]
    warning: str | None = None


class Registry:
    """The runs in one results folder. It holds nothing open between calls.

    Args:
        root: the results folder; it may be missing as long as nothing is read from it.

    Example:
        >>> registry = Registry.open("results")
        >>> registry.find(kind="bench", limit=3)
    """

    def __init__(self, root: str | os.PathLike[str] = "results") -> None:
        self._store = Store(checked_path("root", root))

    @classmethod
    def open(cls, root: str | os.PathLike[str] = "results") -> Registry:
        """The registry in a results folder that exists.

        Raises:
            NotFound: there is no such folder.
            UsageError: the path is not a folder.
            StorageError: a folder above may not be entered.
        """
        folder = checked_path("root", root)
        with storage_errors(folder, "cannot be opened"):
            if folder.is_dir():
                return cls(folder)
            if os.path.lexists(folder):
                raise UsageError(f"{folder}: is not a folder, so it holds no results")
        raise NotFound(f"{folder}: there is no results folder here")

    def __repr__(self) -> str:
        return f"Registry({str(self.root)!r})"

    @property
    def root(self) -> Path:
        """The results folder."""
        return self._store.root

    @property
    def store(self) -> Store:
        """The store behind this registry, for the other functions of the API."""
        return self._store

    def find(self, *filters: str, limit: int | None = None, **conditions: object) -> tuple[Entry, ...]:
        """The runs that pass all filters, newest first.

        Args:
            filters: in the language of `obrelease list`, such as `kind=bench` or `commit=1c9f dirty=no`.
            limit: at most so many, the newest.
            conditions: the same filters as keywords: `kind`, `scenario`, `core`, `workload`, `digest`,
                `commit`, `events`, `since`, `until`, `dirty`, `checks`.

        Raises:
            UsageError: an unknown key, a key given twice, or a malformed value.
            StorageError: the results folder cannot be listed.

        Example:
            >>> registry.find("kind=bench", scenario="x10", dirty=False, limit=1)
        """
        return self._store.find(run_filter(filters, conditions), limit=checked_limit(limit))

    def search(self, *filters: str, limit: int | None = None, **conditions: object) -> SearchResult:
        """As `find`, and the folders that look like runs and cannot be listed.

        Args:
            filters, limit, conditions: as for `find`.

        Raises: as `find`.
        """
        found = self._store.search(run_filter(filters, conditions), limit=checked_limit(limit))
        unreadable = tuple(self.root / location for location in found.unreadable)
        return SearchResult(found.entries, unreadable, found.warning)

    def suggestion(self, *filters: str) -> str | None:
        """`did you mean 'x100'?` for filters that no run passes because of a value that no run has.

        Args:
            filters: expressions such as `scenario=x10`.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        from obrelease.registry.suggest_value import meant_value

        return meant_value(self._store.find(), filters)

    def resolve(
        self, name: RunLike, *, kind: str | None = None, scenario: str | None = None, core: str | None = None
    ) -> Entry:
        """The one run that has a name.

        Args:
            name: a digest, a prefix of at least 4 digits, a pinned name, `latest`, or an entry.
            kind, scenario, core: narrow the search.

        Raises:
            NotFound: no run has this name, or a prefix is ambiguous.
        """
        return self._store.resolve(run_name("name", name), kind=kind, scenario=scenario, core=core)

    def load(self, run: Entry | str) -> Artefact:
        """The envelope of a run, re-hashed and re-validated.

        Args:
            run: an entry, or a name as for `resolve`.

        Raises:
            IntegrityError: the bytes are not those that the digest names.
            NotFound, StorageError: the run is missing or cannot be read.
            InvalidInput: the bytes are right, and not a valid artefact.
        """
        return self._store.load(self._entry(run))

    def describe(self, run: Entry | str) -> RunDetails:
        """A run in full: its entry, its envelope and the figures derived from them.

        Raises: as `load`.
        """
        from obrelease.api.run_details import RunDetails

        return RunDetails.read(self._store, self._entry(run))

    def to_pandas(self, *filters: str, limit: int | None = None, **conditions: object) -> RunsFrame:
        """The runs that pass all filters as a table, one row per run, newest first.

        Args:
            filters, limit, conditions: as for `find`.

        Raises: as `find`.

        Example:
            >>> registry.to_pandas(kind="bench").groupby("commit").size()
        """
        from obrelease.analysis.summary.dataframe import runs_frame

        return runs_frame(entry.as_json() for entry in self.find(*filters, limit=limit, **conditions))

    def metrics_to_pandas(self, *filters: str, limit: int | None = None, **conditions: object) -> RunsFrame:
        """The figures of the runs that pass all filters as a table, one row per figure of a run.

        The columns are `digest`, `metric`, `unit`, `direction` (`lower` or `higher`, the better values),
        `value` in that unit (a median or a percentile) and `samples`, the number of values behind it.

        Args:
            filters, limit, conditions: as for `find`.

        Raises: as `find` and `load`.

        Example:
            >>> registry.metrics_to_pandas(scenario="x10").groupby("metric")["value"].median()
        """
        from obrelease.analysis.summary.dataframe import metrics_frame
        from obrelease.analysis.summary.read_run import read_run

        return metrics_frame(
            read_run(self._store.load(entry), digest=entry.digest, folder=entry.folder)
            for entry in self.find(*filters, limit=limit, **conditions)
        )

    def to_frame(self, *filters: str, limit: int | None = None, **conditions: object) -> RunsFrame:
        """The figures of the runs that pass all filters with the facts of each run, one row per figure.

        It reads the table of figures, so that a million runs take seconds; the files of runs that it knows
        are not hashed again. The columns are those of `figures` in `obrelease query`, and `digest` in place
        of `run`.

        Args:
            filters, limit, conditions: as for `find`.

        Raises: as `find`.

        Example:
            >>> registry.to_frame("kind=bench").groupby(["scenario", "metric"])["value"].median()
        """
        from obrelease.analysis.summary.dataframe import figures_frame
        from obrelease.api.figures import figures_table

        entries = self.find(*filters, limit=limit, **conditions)
        with figures_table(self._store) as table:
            return figures_frame(
                (entry.as_json() for entry in entries), table.run_rows(), table.series(), table.figure_rows()
            )

    def to_arrow(self, *filters: str, limit: int | None = None, **conditions: object) -> Any:
        """What `to_frame` returns as a `pyarrow.Table`.

        Args:
            filters, limit, conditions: as for `find`.

        Raises:
            UsageError: pyarrow is not installed; else as `find`.
        """
        from obrelease.analysis.summary.dataframe import to_arrow_table

        return to_arrow_table(self.to_frame(*filters, limit=limit, **conditions))

    def labels(self, run: Entry | str) -> dict[str, str]:
        """The labels that a run was recorded with, by key.

        Raises: as `load`.
        """
        return {key: str(value) for key, value in self.load(run).label_values.items()}

    def pins(self) -> dict[str, str]:
        """Artefact digests by their pinned names, sorted by name.

        Raises:
            InvalidInput: a file in the pins folder is not a pin.
            StorageError: the folder cannot be read.
        """
        return self._store.pins()

    def pin(self, name: str, run: Entry | str, *, move: bool = False) -> None:
        """Name a run; the name works wherever a digest does, and keeps the run from `gc`.

        Args:
            name: lower-case letters, digits, `.`, `_` and `-`.
            run: an entry, or a name as for `resolve`.
            move: take the name from the run that has it.

        Raises:
            UsageError: the name is not valid.
            Conflict: another run has the name, and `move` is not set.
            NotFound: no such run.
            StorageError: the disk refused.
        """
        check_argument("name", name, str, "a name, such as 'baseline'")
        self._store.pin(name, self._entry(run), move=move)

    def unpin(self, name: str) -> None:
        """Remove a pinned name; the run stays.

        Raises:
            NotFound: no run has it.
            StorageError: the disk refused.
        """
        self._store.unpin(check_argument("name", name, str, "a pinned name"))

    def reindex(self) -> int:
        """Rebuild the index from the run folders; returns the number of runs in it.

        Raises:
            StorageError: the results folder cannot be listed, or the index cannot be written.
        """
        return self._store.reindex()

    def unreadable(self) -> tuple[Path, ...]:
        """Folders that look like runs, but are not listed because their envelope is damaged."""
        return self._store.unreadable()

    def fsck(self, *, reporter: Reporter = SILENT) -> FsckReport:
        """Re-hash everything in the results folder and compare the index with it; changes nothing.

        Returns:
            `problems` is empty if all is as recorded; `notes` are oddities that lose nothing.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        from obrelease.registry.fsck import fsck

        return fsck(self.root, reporter.progress)

    def validate(self, *, reporter: Reporter = SILENT) -> ValidationReport:
        """Check every run: its envelope, its files byte by byte, and the numbers derived from them.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        from obrelease.api.validate_documents import validate

        return validate(self.root, allow_empty=True, reporter=reporter)

    def gc(
        self,
        *,
        remove: bool = False,
        grace: str = DEFAULT_GRACE,
        manifests: Iterable[str | os.PathLike[str]] = (),
        project: ProjectLike | None = None,
        reporter: Reporter = SILENT,
    ) -> GcReport:
        """Find the runs that nothing keeps, and remove them if asked to.

        Kept are runs that git tracks, runs of releases and of release tags, pinned runs, and runs
        younger than `grace`.

        Args:
            remove: remove them; by default nothing is changed.
            grace: a number and `d`, `h`, `m` or `s`, such as `14d`.
            manifests: `manifest.json` files of releases that are kept elsewhere.
            project: whose releases and tags keep runs; the repository around the results folder if None.

        Raises:
            UsageError: a malformed `grace`.
            NotFound: `remove` is set, and the runs of a release tag are unknown.
            InvalidInput: a manifest, journal or pin is malformed.
            RemoteError: git failed.
            StorageError: the disk refused.
        """
        from obrelease.api.collect_garbage import collect_garbage

        return collect_garbage(
            self._store,
            remove=remove,
            grace=grace,
            manifests=[checked_path("manifests", path) for path in manifests],
            project=project,
            reporter=reporter,
        )

    def _entry(self, run: Entry | str) -> Entry:
        return run if isinstance(run, Entry) else self._store.resolve(run_name("run", run))


RegistryLike = Registry | str | os.PathLike[str]
"""A registry, or its results folder."""


def store_of(registry: RegistryLike) -> Store:
    """The store behind a registry, or behind its folder."""
    return registry.store if isinstance(registry, Registry) else Store(checked_path("registry", registry))
