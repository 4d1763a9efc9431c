"""SHA256SUMS files: exactly the format that `sha256sum` writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.storage.limits import parsing

NAME: Final = "SHA256SUMS"
MAX_BYTES: Final = 32 * 2**20
_MAX_LINE: Final = 1024
"""Longer than any path of a release; each part of a path costs memory in the pattern."""
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)")


def render(digests: Mapping[str, str]) -> bytes:
    """One line per path, sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode("ascii")


def parse(data: bytes, where: str) -> dict[str, str]:
    """The digests of a file, by path.

    Raises:
        InvalidInput: a line is not `<64 hex>  <path>`, or the paths are not sorted and unique.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: not ASCII at byte {error.start}") from error
    if not text.endswith("\n"):
        raise InvalidInput(f"{where}: the last line does not end in a newline")
    with parsing(len(data), where):
        return dict(_lines(text.split("\n")[:-1], where))


def _lines(lines: Iterable[str], where: str) -> Iterable[tuple[str, str]]:
    last = ""
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line) if len(line) <= _MAX_LINE else None
        if match is None:
            raise InvalidInput(f"{where}: line {number} is not '<sha256>  <path>': {line[:120]!a}")
        digest, path = match.groups()
        if path <= last:
            raise InvalidInput(f"{where}: line {number}: {path} does not sort after {last}")
        last = path
        yield path, digest
