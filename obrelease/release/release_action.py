"""The reusable release action: the repository and the commit that a written workflow pins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from obrelease.errors import UsageError
from obrelease.installation import installation_record

ACTION_FOLDER: Final = ".github/actions"
ACTION_PATH: Final = f"{ACTION_FOLDER}/release"
"""Where the action is in its repository."""

_OWNER: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?"
_NAME: Final = r"(?!\.{1,2}@)[A-Za-z0-9._-]{1,100}"
_REFERENCE: Final = re.compile(rf"(?P<repository>{_OWNER}/{_NAME})@(?P<commit>[0-9a-f]{{40}})")
_USES: Final = re.compile(
    rf"^ +uses: ({_OWNER}/[A-Za-z0-9._-]{{1,100}})/{ACTION_FOLDER}/(?:release|install)@([0-9a-f]{{40}})$",
    re.MULTILINE,
)
_GITHUB: Final = "github.com"


@dataclass(frozen=True, slots=True)
class ReleaseAction:
    """A repository of this project on GitHub, and a commit of it.

    Attributes:
        repository: `OWNER/REPO`.
        commit: the full commit, 40 lower-case hexadecimal digits.
    """

    repository: str
    commit: str

    def __str__(self) -> str:
        return f"{self.repository}@{self.commit}"

    @property
    def uses(self) -> str:
        """The value of a step's `uses`."""
        return f"{self.repository}/{ACTION_PATH}@{self.commit}"


def parse_action(text: str) -> ReleaseAction:
    """Read `OWNER/REPO@COMMIT`.

    Raises:
        UsageError: it is something else; a branch, a tag or a shortened commit can be moved or is ambiguous.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!a} is not a pinned action",
            hint="use OWNER/REPO@COMMIT with a full commit of 40 hexadecimal digits",
        )
    return ReleaseAction(found["repository"], found["commit"])


def installed_action() -> ReleaseAction | None:
    """The repository and commit that pip installed this distribution from; None if it recorded neither.

    pip records them (PEP 610) for an install from a git repository. An install from a wheel, an index or a
    folder has no commit that a workflow could rely on.
    """
    return action_from_record(installation_record())


def action_from_record(record: Mapping[str, Any]) -> ReleaseAction | None:
    """The action that a `direct_url.json` names; None unless it is a commit of a repository on GitHub."""
    source = record.get("vcs_info")
    if not isinstance(source, dict) or source.get("vcs") != "git" or "subdirectory" in record:
        return None
    try:
        address = urlsplit(str(record.get("url", "")))
        host = address.hostname
    except ValueError:
        return None
    if address.scheme not in {"https", "ssh"} or host != _GITHUB:
        return None
    repository = address.path.strip("/").removesuffix(".git")
    found = _REFERENCE.fullmatch(f"{repository}@{source.get('commit_id')}")
    return ReleaseAction(found["repository"], found["commit"]) if found else None


def action_of_workflow(text: str) -> ReleaseAction | None:
    """The action that a workflow pins, if all its steps that use an action of this project agree."""
    named = {ReleaseAction(repository, commit) for repository, commit in _USES.findall(text)}
    return named.pop() if len(named) == 1 else None
