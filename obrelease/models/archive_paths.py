"""Paths that a release archive can hold, on every file system: reserved names and lengths."""

from __future__ import annotations

from typing import Final

from obrelease.models.metric_identity import slug

MAX_PATH: Final = 240
"""The longest path below the top folder of an archive, as `models.base.RelativePath` has it."""

_MAX_NAME: Final = 100
_MAX_PREFIX: Final = 155
_TOP_FOLDER_LENGTH: Final = 40
"""Characters of `PROJECT-TAG` that a recorded run leaves room for."""

_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)


def is_reserved_name(name: str) -> bool:
    """Whether Windows reserves a file's or folder's name (`con`, `nul.txt`), or would change it (`a.`)."""
    return name.endswith(".") or name.split(".")[0].lower() in _RESERVED


def folder_name(title: str) -> str:
    """The slug of a title that every file system can hold."""
    name = slug(title)
    return slug(f"run-{name}") if is_reserved_name(name) else name


def run_path_error(folder: str, path: str) -> str | None:
    """Why no release could hold the file `path` of the run in `results/FOLDER`, or None.

    The limits of length are those of a ustar header: 100 characters after a `/`, 155 before it.
    """
    for part in (*folder.split("/"), *path.split("/")):
        if is_reserved_name(part):
            return f"{part!r} is a name that Windows reserves or changes"
    member = f"results/{folder}/{path}"
    if len(member) > MAX_PATH:
        return f"{len(path)} characters; at most {MAX_PATH - len(member) + len(path)} fit into a release"
    length = _TOP_FOLDER_LENGTH + 1 + len(member)
    slashes = (_TOP_FOLDER_LENGTH + 1 + at for at, character in enumerate(member) if character == "/")
    if not any(at <= _MAX_PREFIX and length - at - 1 <= _MAX_NAME for at in slashes):
        return f"too long for a release: use names of at most {_MAX_NAME} characters, and fewer folders"
    return None
