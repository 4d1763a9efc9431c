"""The file of known changes: steps in the history that are accepted, each with a reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from obrelease.errors import NotFound
from obrelease.models.base import Document
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.toml_reader import read_toml_file
from obrelease.models.validation import model_errors

KNOWN_CHANGES_PATH: Final = Path(".obrelease", "known-changes.toml")
"""Below the root of the project."""

_LEAST_DIGITS: Final = 7
_HINT: Final = (
    'each [[change]] has commit = "7 to 64 hex digits" and reason = "...", and may have metric = "PATTERN"'
)
_CommitPrefix = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
_Pattern = Annotated[str, Field(min_length=1, max_length=4096)]


class KnownChange(Document):
    """One accepted step.

    Attributes:
        commit: the commit where the new level begins, or one within its range; a prefix of 7 digits or more.
        metric: a shell pattern of the names of metrics; every metric if it is missing.
        reason: why it is accepted.
    """

    commit: _CommitPrefix
    reason: _Pattern
    metric: _Pattern = "*"

    def covers(self, metric: str, commits: tuple[str, ...]) -> bool:
        """Whether a step of this metric, somewhere among these commits, is the accepted one."""
        return fnmatchcase(metric, self.metric) and any(commit.startswith(self.commit) for commit in commits)


class KnownChanges(Document):
    """The whole file."""

    format: Literal["obrelease.known-changes"] = "obrelease.known-changes"
    version: Literal[1] = 1
    change: tuple[KnownChange, ...] = ()

    def reason_for(self, metric: str, commits: tuple[str, ...]) -> str | None:
        """Why a step is accepted; None if it is not."""
        return next((known.reason for known in self.change if known.covers(metric, commits)), None)


def read_known_changes(root: Path) -> KnownChanges:
    """Read the file of a project; a project without one has no known changes.

    Raises:
        InvalidInput: not TOML, an unknown or missing key, or a value of the wrong form.
        StorageError: it cannot be read.
    """
    path = root / KNOWN_CHANGES_PATH
    try:
        document = read_toml_file(path)
    except NotFound:
        return KnownChanges()
    with model_errors(str(path), hint=_HINT):
        return KnownChanges.model_validate_json(canonical_bytes(document))
