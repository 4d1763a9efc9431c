"""The sides of a comparison: runs of the registry, or those of a release, wherever it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.run_selector import WORDS, read_runs, select
from obrelease.cli.console.settings import Settings
from obrelease.errors import NotFound

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.cli.console.command import Session

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
    from obrelease.release.verify.release_runs import previous_release_tag
    from obrelease.remote.git.repository import GitRepository

    with GitRepository.open(settings.root) as repo:
        found = previous_release_tag(Tag.parse(tag), repo)
    return found.text if found else None


def _read_side(session: Session, settings: Settings, words: str) -> Side:
    from obrelease.release.verify.release_runs import ReleaseSource, release_named, runs_of_release
    from obrelease.remote.git.repository import repository_at

    first, _, chosen = words.strip().partition(" ")
    release = release_named(first)
    if release is None:
        registry = registry_of(settings, must_exist=True)
        return Side(read_runs(registry, select(registry, words)), is_release=False)
    with repository_at(settings.root) as repo:
        forge = forge_of(settings, session.out.note)
        source = ReleaseSource(settings.project, repo, settings.results, forge, session.out.progress)
        with runs_of_release(release, source) as registry:
            entries = select(registry, chosen) if chosen.strip() else registry.find()
            if not entries:
                raise NotFound(f"{first} is a release without runs")
            return Side(read_runs(registry, entries), is_release=True)
