"""Facts of a run that an import takes from the user or from the repository: commit, host, labels and time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.api.project import Project
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.registry.filter import parse_filter
from obrelease.registry.source_changes import source_changes
from obrelease.registry.store import Registry

if TYPE_CHECKING:
    from obrelease.models.artefact import Scalar

_FULL_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MAX_KEY: Final = 256
_MAX_VALUE: Final = 4_096


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What the user says of all runs of one import; None where the file decides.

    Attributes:
        scenario: the title of the runs.
        commit: any name of a commit that the repository knows, or a full object name.
        host: the name of the machine.
        labels: by key.
        at: when it was measured: ISO 8601, UTC without a zone, or nanoseconds since 1970.
    """

    scenario: str | None = None
    commit: str | None = None
    host: str | None = None
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    at: str | int | None = None

    def __post_init__(self) -> None:
        """Refuse values that no run can have; raises `UsageError`."""
        for name, text in (("scenario", self.scenario), ("host", self.host)):
            if text is not None and (not text.strip() or len(text) > _MAX_VALUE):
                raise UsageError(f"{name} is {text!r:.60}", hint=f"pass 1 to {_MAX_VALUE:,} characters")
        for key, value in self.labels.items():
            if not key or len(key) > _MAX_KEY or (isinstance(value, str) and len(value) > _MAX_VALUE):
                raise UsageError(
                    f"the label {key!r:.60} is empty or too long",
                    hint=f"a key has 1 to {_MAX_KEY} characters, a value at most {_MAX_VALUE:,}",
                )

    @property
    def created_ns(self) -> int | None:
        """The time that the user gave, in nanoseconds since 1970; raises `UsageError` if it is none."""
        if self.at is None:
            return None
        at = str(self.at) if isinstance(self.at, str) else f"{self.at:09d}"  # shorter numbers are days
        if at != "".join(at.split()) or not at:
            raise UsageError(f"--at {at!r:.60}: not a time", hint="such as 2026-10-01T12:30:00Z")
        return parse_filter(f"since={at}").since_ns


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """The commit of an import.

    Attributes:
        given: of the user, in full.
        head: of the work tree, if that has no changes; used if neither the user nor the file names one.
        head_reason: why `head` is None.
    """

    given: str | None = None
    head: str | None = None
    head_reason: str | None = None


def parse_labels(words: Iterable[str]) -> dict[str, str]:
    """Labels from words of the form `key=value`.

    Raises:
        UsageError: a word has another form, or a key is given twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{word!r:.60} is not a label", hint="write key=value, such as runner=ci-large")
        if key in found:
            raise UsageError(f"the label {key!r:.60} is given twice", hint="pass each key once")
        found[key] = value
    return found


def commit_facts(
    commit: str | None,
    project: Project | None,
    imported: Iterable[Path],
    store: Registry,
) -> CommitFacts:
    """The commit that the user names, resolved in the repository; else that of a clean work tree.

    Args:
        imported: the files to import; they are no changes of the sources.
        store: has the runs of files that were imported before; see `source_changes`.

    Raises:
        NotFound: the repository has no such commit.
        UsageError: an abbreviated commit without a repository.
        RemoteError: git failed.
    """
    if commit is not None and _FULL_COMMIT.fullmatch(commit):
        return CommitFacts(given=commit)
    if project is None or not (project.root / ".git").exists():
        if commit is not None:
            raise UsageError(
                f"--commit {commit!r:.60} needs a repository that has it", hint="pass the full commit"
            )
        return CommitFacts(head_reason="no repository")
    from obrelease.remote.git.repository import GitRepository

    with GitRepository.open(project.root) as repo:
        if commit is not None:
            return CommitFacts(given=repo.commit_of(commit))
        try:
            head = repo.head()
        except NotFound:
            return CommitFacts(head_reason="no commit yet")
        except ObreleaseError as error:
            return CommitFacts(head_reason=error.message)
        top = repo.root.resolve()
        own = {
            path.resolve().relative_to(top).as_posix()
            for path in imported
            if path.resolve().is_relative_to(top)
        }
        changes = source_changes(repo, store, project.outputs_below(repo.root), own)
        if not changes:
            return CommitFacts(head=head)
        return CommitFacts(head_reason=f"the work tree has changes, such as {changes[0]}")
