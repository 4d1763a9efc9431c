"""Static pages of a registry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.analysis.summary.read_run import read_run
from obrelease.api.arguments import checked_path
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.read_history import HistoryReport, history
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import repository_at
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors

MARKER: Final = "obrelease-site.txt"
"""A file of every site: only a folder that has it, or is empty, is written into."""


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was written."""

    folder: Path
    pages: int
    histories: int
    runs: int
    unreadable: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease site build --json` prints."""
        return {
            "folder": str(self.folder),
            "pages": self.pages,
            "histories": self.histories,
            "runs": self.runs,
            "unreadable": list(self.unreadable),
        }


def build_site(
    to: str | os.PathLike[str], *, project: ProjectLike = ".", reporter: Reporter = SILENT
) -> SiteReport:
    """Write the pages of a project's registry into a folder; the same runs give the same bytes.

    Pages of runs that are gone are removed. The pages need no server and no network.

    Args:
        to: a new or empty folder, or one that has a site already.

    Raises:
        UsageError: the folder has other files, or `obrelease[site]` is not installed.
        NotFound: there is no run.
        StorageError: a file cannot be written.
    """
    owner = project_of(project)
    folder = checked_path("to", to)
    store = Registry(owner.results_folder(must_exist=True))
    found = store.search(Filter())
    entries = found.entries
    if not entries:
        raise NotFound(
            f"no run in {store.root}", hint="`obrelease import` or `obrelease run bench` records one"
        )
    _require_own_folder(folder)
    report = _histories(store, owner.root, reporter)
    writer = _Writer(folder)
    unreadable = [
        f"{location}: cannot be read; `obrelease fsck` names the damage" for location in found.unreadable
    ]
    with reporter.progress("pages", len(entries)) as advance:
        for path, content in _pages(owner.name, owner.root, store, entries, report, unreadable):
            writer.write(path, content)
            advance(1)
    writer.remove_others()
    return SiteReport(folder, len(writer.written), len(report.histories), len(entries), tuple(unreadable))


def _histories(store: Registry, root: Path, reporter: Reporter) -> HistoryReport:
    try:
        return history("*", registry=store.root, repository=root, reporter=reporter)
    except NotFound:
        return HistoryReport(())


def _pages(
    name: str,
    root: Path,
    store: Registry,
    entries: tuple[Entry, ...],
    report: HistoryReport,
    unreadable: list[str],
) -> Iterator[tuple[str, bytes]]:
    from obrelease.site import assets, history_pages, run_pages

    pages = [history_pages.history_page(each, report.reason_of) for each in report.histories]
    releases = _releases(root)
    by_name = {
        (page.history.series.kind, page.history.series.scenario, page.history.series.name): page.file
        for page in pages
    }
    yield "licences.txt", assets.licences().encode()
    yield "index.html", history_pages.overview(pages, project=name, runs=len(entries))
    for page in pages:
        for file, content in history_pages.history_files(page, project=name, releases=releases).items():
            yield f"histories/{file}", content
    for file, content in run_pages.run_lists(entries, project=name):
        yield f"runs/{file}", content
    for entry in entries:
        try:
            run = read_run(store.load(entry), digest=entry.digest, folder=entry.folder)
        except ObreleaseError as error:
            unreadable.append(f"{entry.location}: {error.message}")
            continue
        mine = {
            metric: file
            for (kind, scenario, metric), file in by_name.items()
            if (kind, scenario) == (entry.kind, entry.scenario)
        }
        yield f"runs/{entry.digest[:12]}.html", run_pages.run_page(entry, run, project=name, histories=mine)


def _releases(root: Path) -> dict[str, str]:
    """Names of tags by their commit; of several tags of a commit, the first by name."""
    with repository_at(root) as repo:
        if repo is None:
            return {}
        listed = repo.run(
            "for-each-ref", "--format=%(refname:short) %(objectname) %(*objectname)", "refs/tags"
        )
    found: dict[str, str] = {}
    for line in listed.splitlines():
        name, *objects = line.split()
        if objects:
            found.setdefault(objects[-1], name)
    return found


def _require_own_folder(folder: Path) -> None:
    with storage_errors(folder, "cannot be written"):
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise UsageError(
                f"{folder}: has files of something else",
                hint="name a new folder, or one that has a site already",
            )


class _Writer:
    """Writes files that differ, and removes those of an earlier site that are gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: set[Path] = set()
        self.write(MARKER, b"The folder of a site that `obrelease site build` made.\n")

    def write(self, path: str, content: bytes) -> None:
        target = self._folder / path
        self.written.add(target)
        with storage_errors(target, "cannot be written"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (
                target.is_file() and target.stat().st_size == len(content) and target.read_bytes() == content
            ):
                target.write_bytes(content)

    def remove_others(self) -> None:
        for place in ("histories", "runs"):
            with storage_errors(self._folder / place, "cannot be written"):
                for file in sorted((self._folder / place).glob("*.html")):
                    if file not in self.written:
                        file.unlink()
