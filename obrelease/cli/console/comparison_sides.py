"""The sides of a comparison: runs of the registry, or those of a release, wherever it is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.run_selector import WORDS, read_runs, select
from obrelease.cli.console.settings import Settings
from obrelease.errors import NotFound, UsageError

if TYPE_CHECKING:
    from obrelease.analysis.comparison.run_metrics import Run
    from obrelease.cli.console.command import Session
    from obrelease.models.version_tag import Tag
    from obrelease.release.verify.release_runs import Shelf

SIDE_WORDS: Final = f"{WORDS}; or a release, by tag or ./FOLDER, and perhaps a filter after it"


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of a side, and whether they are those of a release: of many scenarios, perhaps."""

    runs: tuple[Run, ...]
    is_release: bool


def read_sides(session: Session, settings: Settings, *words: str) -> list[Side]:
    """The sides that people name, one for each text.

    Raises:
        UsageError, NotFound: as `select`, and where there is no such release.
        IntegrityError, InvalidInput: what is there is not sound.
    """
    return [_read_side(session, settings, each) for each in words]


def before_release(settings: Settings, tag: str) -> str | None:
    """The tag of the release before this one in the history, or None where it is the first.

    Raises:
        NotFound: not in a git repository.
    """
    from obrelease.models.version_tag import Tag
    from obrelease.release.verify.release_runs import former_tag
    from obrelease.remote.git.repository import Worktree

    worktree = Worktree.open(settings.root)
    try:
        found = former_tag(Tag.parse(tag), worktree)
    finally:
        worktree.close()
    return found.text if found else None


def _read_side(session: Session, settings: Settings, words: str) -> Side:

    first, _, chosen = words.strip().partition(" ")
    tag = _tag(first)
    if tag is None and not _is_folder(first):
        registry = registry_of(settings, must_exist=True)
        return Side(read_runs(registry, select(registry, words)), is_release=False)
    from obrelease.release.verify.release_runs import runs_of_folder, runs_of_release

    with (
        _shelf(session, settings) as shelf,
        runs_of_release(tag, shelf) if tag else runs_of_folder(Path(first), shelf) as registry,
    ):
        entries = select(registry, chosen) if chosen.strip() else registry.entries()
        if not entries:
            raise NotFound(f"{first} is a release without runs")
        return Side(read_runs(registry, entries), is_release=True)


def _tag(word: str) -> Tag | None:
    from obrelease.models.version_tag import Tag

    try:
        return Tag.parse(word)
    except UsageError:
        return None


def _is_folder(word: str) -> bool:
    return os.sep in word and "=" not in word


@contextmanager
def _shelf(session: Session, settings: Settings) -> Iterator[Shelf]:
    from obrelease.release.verify.release_runs import Shelf
    from obrelease.remote.git.repository import Worktree

    try:
        worktree = Worktree.open(settings.root)
    except NotFound:
        worktree = None
    try:
        forge = forge_of(settings, session.out.note)
        yield Shelf(settings.project, worktree, settings.results, forge, session.out.progress)
    finally:
        if worktree is not None:
            worktree.close()
