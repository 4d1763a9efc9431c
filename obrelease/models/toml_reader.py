"""The one reader of TOML: bounded in size, nesting and numbers, in time that is linear in the size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from obrelease.errors import InvalidInput, ObreleaseError
from obrelease.storage.files import read_bounded
from obrelease.storage.limits import parsing

MAX_TOML_BYTES: Final = 2**20
"""The largest settings or policy file."""

MAX_TOML_DEPTH: Final = 32
"""The deepest nesting of arrays and inline tables, and the maximum number of parts of a dotted key."""

MAX_TOML_DIGITS: Final = 64
"""The longest number."""

_TEXT: Final = re.compile(
    r"""
    \"{3} (?: [^"\\] | \\. | "(?!"") )*+ (?:"{3,5})?+
    | '{3} (?: [^'] | '(?!'') )*+ (?:'{3,5})?+
    | " (?: [^"\\\n] | \\[^\n] )*+ "?+
    | ' [^'\n]*+ '?+
    | \# [^\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)
"""Strings and comments. They are possessive and need no end, so that the search is linear."""

_STATEMENT_ENDS: Final = re.compile(r"[\[\]{}=,\n]")
_BRACKET: Final = re.compile(r"[\[\]{}]")
_LONG_NUMBER: Final = re.compile(
    rf"(?<![\w.])[+-]?+[0-9](?:[0-9_]{{{MAX_TOML_DIGITS}}}|[xob][0-9A-Fa-f_]{{{MAX_TOML_DIGITS}}})"
)


def read_toml_file(path: Path, *, malformed: type[ObreleaseError] = InvalidInput) -> dict[str, Any]:
    """Read a TOML file that must be a regular file.

    Raises:
        NotFound, InvalidInput, StorageError: as `read_bounded` and `read_toml`.
    """
    return read_toml(read_bounded(path, MAX_TOML_BYTES), str(path), malformed=malformed)


def read_toml(data: bytes, where: str, *, malformed: type[ObreleaseError] = InvalidInput) -> dict[str, Any]:
    """Read one TOML document.

    Args:
        where: its name in errors.
        malformed: the error if it is not TOML, such as `UsageError` for settings.

    Raises:
        InvalidInput: too large, not TOML, nested too deep, or a number that is too long.
    """
    if len(data) > MAX_TOML_BYTES:
        raise InvalidInput(f"{where}: larger than {MAX_TOML_BYTES} bytes")
    import tomllib  # many projects have no settings file

    with parsing(len(data), where):
        try:
            text = data.decode("utf-8")
            _check_bounds(_TEXT.sub("_", text.replace("\r\n", "\n")), where)
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # tomllib's own error is a ValueError
            raise malformed(f"{where}: not valid TOML: {error}", hint="fix the file first") from error


def _check_bounds(text: str, where: str) -> None:
    """Refuse what makes `tomllib` slow or deep; `text` has no strings and no comments."""
    if any(part.count(".") >= MAX_TOML_DEPTH for part in _STATEMENT_ENDS.split(text)):
        raise InvalidInput(f"{where}: not valid TOML: a key has more than {MAX_TOML_DEPTH} parts")
    if _LONG_NUMBER.search(text):
        raise InvalidInput(f"{where}: not valid TOML: a number has more than {MAX_TOML_DIGITS} digits")
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_TOML_DEPTH:
            raise InvalidInput(f"{where}: not valid TOML: nested deeper than {MAX_TOML_DEPTH}")
