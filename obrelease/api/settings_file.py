"""Changes to the settings file: a line is added, everything else stays as it was written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from obrelease.api.project import Project
from obrelease.errors import Conflict, NotFound, UsageError
from obrelease.models.toml_reader import MAX_TOML_BYTES, read_toml
from obrelease.remote.oci.place import parse_place
from obrelease.storage.files import read_bounded
from obrelease.storage.output_files import write_output

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HEADER: Final = re.compile(
    r"^[ \t]*\[[ \t]*tool\.obrelease\.remotes[ \t]*\][ \t]*(?:#[^\n]*)?$", re.MULTILINE
)
_TABLE: Final = "[tool.obrelease.remotes]"


def add_remote(project: Project, name: str, place: str) -> Path:
    """Give a shared registry a name in the settings file of a project; returns the file.

    Args:
        name: lower-case letters, digits, `_` and `-`.
        place: `oci://HOST/PATH`.

    Raises:
        UsageError: the name or the place is malformed, or the table cannot be found in the file.
        Conflict: another place has the name.
        StorageError: the file cannot be read or written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} cannot name a remote", hint="use lower-case letters, digits, _ and -, as in team"
        )
    wanted = str(parse_place(place))
    path = project.settings_file or _settings_file(project.root)
    known = project.remotes.get(name)
    if known == wanted:
        return path
    if known is not None:
        raise Conflict(
            f"{path}: the remote {name} is {known!a}", hint="choose another name, or change the file"
        )
    try:
        before = read_bounded(path, MAX_TOML_BYTES)
    except NotFound:
        before = b""
    after = _with_line(before.decode("utf-8"), f"{name} = {json.dumps(wanted)}").encode("utf-8")
    _check(path, before, after, name, wanted)
    write_output(path, after)
    return path


def _settings_file(root: Path) -> Path:
    python = root / "pyproject.toml"
    return python if python.is_file() else root / "obrelease.toml"


def _with_line(text: str, line: str) -> str:
    """The text with a line in the table of remotes, which is added at the end if it is missing."""
    header = _HEADER.search(text)
    if header is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}{_TABLE}\n{line}\n"
    return f"{text[: header.end()]}\n{line}{text[header.end() :]}"


def _check(path: Path, before: bytes, after: bytes, name: str, wanted: str) -> None:
    """Refuse to write a file that says anything else than before, besides the new name."""
    expected = read_toml(before, str(path), malformed=UsageError)
    try:
        table: dict[str, Any] = expected
        for key in ("tool", "obrelease", "remotes"):
            table = table.setdefault(key, {})
        table[name] = wanted
        sound = read_toml(after, str(path), malformed=UsageError) == expected
    except (UsageError, AttributeError, TypeError):
        sound = False
    if not sound:
        raise UsageError(
            f"{path}: the table of remotes cannot be extended as it is written",
            hint=f"add it by hand: {_TABLE} and below it {name} = {json.dumps(wanted)}",
        )
