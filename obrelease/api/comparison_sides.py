"""The two sides of a comparison: runs of the registry, or the runs of a release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from obrelease.analysis.summary.run import Run
from obrelease.api.project import Project
from obrelease.api.project_forge import forge_of
from obrelease.api.run_arguments import run_name
from obrelease.api.run_selection import read_runs, select_runs
from obrelease.errors import NotFound, UsageError
from obrelease.models.tag_pattern import matches_pattern
from obrelease.models.version_tag import Tag
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.release.verify.previous_release import PreviousRelease
from obrelease.release.verify.previous_release import previous_release as previous_in_history
from obrelease.release.verify.release_runs import (
    ReleaseSource,
    release_named,
    runs_of_release,
)
from obrelease.remote.git.repository import GitRepository, repository_at
from obrelease.storage.reporter import Reporter

Side = Entry | str | Sequence[Entry | str]
"""A side as the caller gives it: an entry, a text, or several of them.

A text is a digest or its prefix, several with commas, a filter, or a release: its tag or `./FOLDER`,
followed by a filter if not all of its runs count.
"""


@dataclass(frozen=True, slots=True)
class SideRuns:
    """The runs of a side.

    Attributes:
        is_release: whether they are those of a release, which may have many scenarios.
        release: its tag or folder, as the caller wrote it; empty for other runs.
    """

    runs: tuple[Run, ...]
    is_release: bool
    release: str = ""


def read_side(project: Project, side: Side, reporter: Reporter) -> SideRuns:
    """The runs of a side.

    Raises:
        UsageError: a malformed filter.
        NotFound: no such run or release.
        IntegrityError, InvalidInput: the run or the release is damaged.
        RemoteError: the forge or git failed.
    """
    if isinstance(side, Entry):
        return SideRuns(read_runs((side,), reporter), is_release=False)
    if not isinstance(side, str):
        return SideRuns(read_runs(_entries(project, side), reporter), is_release=False)
    first, _, selection = side.strip().partition(" ")
    release = release_named(first, lambda text: _is_tag(project, text))
    if release is None:
        registry = Registry(project.results_folder(must_exist=True))
        return SideRuns(read_runs(select_runs(registry, side), reporter), is_release=False)
    with repository_at(project.root) as repo:
        forge = forge_of(project, reporter)
        source = ReleaseSource(project.name, repo, project.results, forge, reporter.progress)
        with runs_of_release(release, source) as registry:
            entries = select_runs(registry, selection) if selection.strip() else registry.find()
            if not entries:
                raise NotFound(f"{first} is a release without runs")
            return SideRuns(read_runs(entries, reporter), is_release=True, release=first)


def _is_tag(project: Project, text: str) -> bool:
    """Whether a text with a prefix is of the project's tag pattern, or a tag of the repository."""
    if project.tag is not None and matches_pattern(Tag.parse(text), project.tag):
        return True
    with repository_at(project.root) as repo:
        return repo is not None and repo.local_tag(text) is not None


def _entries(project: Project, side: Sequence[Entry | str]) -> tuple[Entry, ...]:
    """The entries of a sequence; its texts are looked up in the project's results folder."""
    if not isinstance(side, Iterable):
        raise UsageError(f"a side is {side!r:.60}", hint="pass an entry, a text, or a list of them")
    found: list[Entry] = []
    for run in side:
        if isinstance(run, Entry):
            found.append(run)
        else:
            name = run_name("a side", run)
            found += select_runs(Registry(project.results_folder(must_exist=True)), name)
    return tuple(found)


def previous_release(project: Project, tag: str) -> PreviousRelease:
    """The release before this one in the history, and why this one.

    Raises:
        UsageError: not a release tag.
        NotFound: not in a git repository.
    """
    with GitRepository.open(project.root) as repo:
        return previous_in_history(Tag.parse(tag), repo, results=project.results, choice=project.previous)
