"""A failed git command, with what git and the remote side wrote about it."""

from __future__ import annotations

import re
from typing import Final

from obrelease.errors import RemoteError

_CREDENTIALS: Final = re.compile(r"://[^/@\s]*@")
_MAX_SHOWN: Final = 2000


class GitFailed(RemoteError):
    """git ended with an error.

    Attributes:
        stderr: what git wrote, with passwords in addresses hidden; lines of a remote side begin with
            `remote: `, as git prefixes them.
    """

    def __init__(self, what: str, stderr: str) -> None:
        self.stderr = _CREDENTIALS.sub("://[hidden]@", stderr)
        self.reason = _printable(" ".join(self.stderr.split()))[:_MAX_SHOWN]
        super().__init__(f"{what}: {self.reason}")


def remote_words(stderr: str) -> str:
    """What the remote side said, in one line: its own reason for a refusal, such as `GH013: ...`."""
    lines = (line.strip() for line in stderr.splitlines())
    said = (line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
    return _printable(" ".join(line for line in said if line.strip("-= ")))[:_MAX_SHOWN]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
