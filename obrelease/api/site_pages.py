"""Static pages of a registry."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obrelease.analysis.notes.badge import history_badge
from obrelease.analysis.summary.read_run import read_run
from obrelease.api.arguments import checked_path
from obrelease.api.comparison_sides import Side
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.read_history import HistoryReport, history
from obrelease.api.site_folder import SiteWriter, require_site_folder
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.models.canonical_json import canonical_bytes
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import repository_at
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.output_files import write_page
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.site.comparison_pages import ComparisonPage
    from obrelease.site.release_pages import ReleaseFacts


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
    to: str | os.PathLike[str],
    *,
    project: ProjectLike = ".",
    compare: Sequence[tuple[Side, Side]] = (),
    across_hosts: bool = False,
    reporter: Reporter = SILENT,
) -> SiteReport:
    """Write the pages of a project's registry into a folder; the same runs give the same bytes.

    Pages of runs that are gone are removed. The pages need no server and no network.

    Args:
        to: a new or empty folder, or one that has a site already.
        compare: pairs of base and head, each as for `compare`, that get a page.
        across_hosts: as for `history`.

    Raises:
        UsageError, NotFound, Inconclusive, IntegrityError, RemoteError: a pair does not compare.
        UsageError: the folder has other files, or `obrelease[site]` is not installed.
        NotFound: there is no run.
        StorageError: a file cannot be written.
    """
    owner = project_of(project)
    folder = checked_path("to", to)
    content = _content(owner, compare, reporter, across_hosts=across_hosts)
    require_site_folder(folder)
    _require_libraries()
    writer = SiteWriter(folder)
    unreadable = list(content.unreadable)
    with reporter.progress("pages", len(content.entries)) as advance:
        for path, data in _pages(content, unreadable):
            writer.write(path, data)
            advance(1)
    writer.remove_others()
    return SiteReport(
        folder, len(writer.written), len(content.report.histories), len(content.entries), tuple(unreadable)
    )


def _require_libraries() -> None:
    from obrelease.site.templating import require_libraries

    require_libraries()


def build_report_file(
    to: str | os.PathLike[str],
    *,
    project: ProjectLike = ".",
    compare: Sequence[tuple[Side, Side]] = (),
    across_hosts: bool = False,
    reporter: Reporter = SILENT,
) -> SiteReport:
    """Write one self-contained page of a project's registry, which can be attached to a release.

    The same runs give the same bytes.

    Args:
        to: an `.html` file; one that exists is replaced.
        compare: pairs of base and head, each as for `compare`, that get a section.
        across_hosts: as for `history`.

    Raises:
        UsageError, NotFound, Inconclusive, IntegrityError, RemoteError: a pair does not compare.
        UsageError: another suffix, or `obrelease[site]` is not installed.
        NotFound: there is no run.
        StorageError: the file cannot be written.
    """
    file = checked_path("to", to)
    if file.suffix != ".html":
        raise UsageError(f"{file}: not an .html file", hint="name it report.html")
    content = _content(project_of(project), compare, reporter, across_hosts=across_hosts)
    from obrelease.site.history_pages import history_page
    from obrelease.site.single_page import single_page

    pages = [history_page(each, content.report.reason_of) for each in content.report.histories]
    data = single_page(pages, content.entries, content.comparisons, project=content.owner.name)
    with storage_errors(file, "cannot be written"):
        write_page(file, data)
    return SiteReport(file, 1, len(pages), len(content.entries), content.unreadable)


@dataclass(frozen=True, slots=True)
class _Content:
    """What pages are made from."""

    owner: Project
    store: Registry
    entries: tuple[Entry, ...]
    report: HistoryReport
    comparisons: tuple[ComparisonPage, ...]
    releases: tuple[ReleaseFacts, ...]
    unreadable: tuple[str, ...]


def _content(
    owner: Project, pairs: Sequence[tuple[Side, Side]], reporter: Reporter, *, across_hosts: bool
) -> _Content:
    from obrelease.api.site_releases import local_releases

    store = Registry(owner.results_folder(must_exist=True))
    found = store.search(Filter())
    if not found.entries:
        raise NotFound(
            f"no run in {store.root}", hint="`obrelease import` or `obrelease run bench` records one"
        )
    unreadable = [
        f"{location}: cannot be read; `obrelease fsck` names the damage" for location in found.unreadable
    ]
    return _Content(
        owner,
        store,
        found.entries,
        _histories(store, owner.root, reporter, across_hosts=across_hosts),
        tuple(_comparison(owner, base, head, reporter) for base, head in pairs),
        local_releases(owner),
        tuple(unreadable),
    )


def _comparison(owner: Project, base: Side, head: Side, reporter: Reporter) -> ComparisonPage:
    from obrelease.api.compare_runs import compare
    from obrelease.site.comparison_pages import ComparisonPage

    report = compare(base, head, project=owner, reporter=reporter)
    return ComparisonPage(_side_text(base), _side_text(head), report.comparisons, report.not_compared)


def _side_text(side: Side) -> str:
    """A side as a heading: what the caller wrote, or its runs."""
    if isinstance(side, str):
        return side
    entries = [side] if isinstance(side, Entry) else side
    return ", ".join(entry if isinstance(entry, str) else entry.digest[:12] for entry in entries)


def _histories(store: Registry, root: Path, reporter: Reporter, *, across_hosts: bool) -> HistoryReport:
    try:
        return history(
            "*", registry=store.root, repository=root, across_hosts=across_hosts, reporter=reporter
        )
    except NotFound:
        return HistoryReport(())


def _pages(content: _Content, unreadable: list[str]) -> Iterator[tuple[str, bytes]]:
    from obrelease.site import assets, comparison_pages, history_pages, release_pages, run_pages
    from obrelease.site.earlier_runs import EarlierRuns

    name, store, entries = content.owner.name, content.store, content.entries
    pages = [history_pages.history_page(each, content.report.reason_of) for each in content.report.histories]
    releases = _releases(content.owner.root)
    by_run = history_pages.pages_by_run(pages)
    yield "licences.txt", assets.licences().encode()
    yield (
        "index.html",
        history_pages.overview(
            pages,
            project=name,
            runs=len(entries),
            comparisons=content.comparisons,
            has_releases=bool(content.releases),
        ),
    )
    yield (
        "badge.json",
        canonical_bytes(history_badge(content.report.histories, list(content.report.alarms()))),
    )
    if content.releases:
        yield "releases.html", release_pages.release_page(content.releases, entries, project=name)
    for comparison in content.comparisons:
        yield f"compare/{comparison.file}", comparison_pages.comparison_page(comparison, project=name)
    for page in pages:
        for file, data in history_pages.history_files(page, project=name, releases=releases).items():
            yield f"histories/{file}", data
    for file, data in run_pages.run_lists(entries, project=name):
        yield f"runs/{file}", data
    earlier = EarlierRuns()
    for entry in reversed(entries):
        try:
            run = read_run(store.load(entry), digest=entry.digest, folder=entry.folder)
        except ObreleaseError as error:
            unreadable.append(f"{entry.location}: {error.message}")
            continue
        mine = by_run.get(entry.digest, ())
        flame = _flame_graph(entry, run)
        yield (
            f"runs/{entry.digest[:12]}.html",
            run_pages.run_page(entry, run, project=name, histories=mine, earlier=earlier, flame=flame),
        )
        earlier.add(run)


def _flame_graph(entry: Entry, run: Run) -> bytes | None:
    """The recorded flame graph of a profile, if it is the file that the envelope lists."""
    from obrelease.site.flame_data import FLAME_FILE

    listed = next((file.sha256 for file in run.artefact.files if file.path == FLAME_FILE), None)
    if listed is None or entry.kind != "profile":
        return None
    try:
        data = read_bounded(entry.folder / FLAME_FILE)
    except ObreleaseError:
        return None
    return data if digest_bytes(data) == listed else None


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
