"""JSON of other tools turned into JSON that every reader accepts, piece by piece.

Benchmark tools write what RFC 8259 forbids: Google Benchmark writes NaN and Infinity on purpose
(github.com/google/benchmark, issue 784), the C runtime of Windows `1.#INF`; names hold raw control
characters, lone surrogates or bytes that are not UTF-8. Numbers that are not finite become the texts `NaN`,
`Infinity` and `-Infinity`; what a text cannot hold is written as the characters of its escape, such
as `\\xe9` or `\\ud800`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from obrelease.errors import InvalidInput

MAX_TEXT_CHARACTERS: Final = 16 * 2**20
"""The longest single text of a document."""

NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})
"""The texts that stand for numbers that are not finite."""

_SEGMENT: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"]+', re.DOTALL)
_UNUSUAL: Final = re.compile('[\x00-\x1f\ud800-\udfff]|\\\\(?![/"\\\\bfnrt])')
_UNUSUAL_PART: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair, which is kept
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # a lone surrogate
    r'|\\u[0-9a-fA-F]{4}|\\[/"\\bfnrt]'  # escapes, which are kept
    "|\\\\|[\x00-\x1f\ud800-\udfff]"
)
_KEPT: Final = re.compile(
    r"\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\[/\"\\bfnrt]"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_WORD: Final = re.compile(
    r"(?<![\w.])([-+]?)(?:(nan)(?:\([\w-]*\))?|(inf)(?:inity)?|1\.#(?:(inf)|ind|qnan|snan)\w*)(?![\w.])",
    re.IGNORECASE,
)
_UNFINISHED_WORD: Final = re.compile(r"(?<![^\s,\[\]{}:\"])[^\s,\[\]{}:\"]*+\Z")
_LONG_EXPONENT: Final = re.compile(r"(?<![\w.])(-?)[\d.]+[eE](-?)\+?\d{7,}(?![\w.])")
_LONGEST_WORD: Final = 4_000
_TOO_LONG_WORD: Final = re.compile(rf"[^\s,\[\]{{}}:\"]{{{_LONGEST_WORD + 1}}}")
"""A number of more digits; `ijson` ends the process on an integer that Python refuses to read."""


def repair_json(texts: Iterable[str], where: str) -> Iterator[bytes]:
    """The same document as UTF-8 bytes of standard JSON; what is not JSON at all is left as it is.

    Args:
        texts: the document in pieces; bytes that did not decode are surrogates (`surrogateescape`).
        where: the name of the document in errors.

    Raises:
        InvalidInput: a text is longer than `MAX_TEXT_CHARACTERS`.
    """
    rest = ""
    for text in texts:
        whole, rest = _split(rest + text)
        if len(rest) > MAX_TEXT_CHARACTERS:
            raise InvalidInput(f"{where}: a text has more than {MAX_TEXT_CHARACTERS:,} characters")
        if whole:
            yield _repaired(whole, where)
    if rest:
        yield _repaired(rest, where)


def _split(text: str) -> tuple[str, str]:
    """The part whose texts and words are complete, and the rest."""
    end = 0
    for match in _SEGMENT.finditer(text):
        if match.start() != end:
            break  # an unfinished text begins here
        end = match.end()
    whole, rest = text[:end], text[end:]
    if rest or whole.endswith('"'):
        return whole, rest
    unfinished = _UNFINISHED_WORD.search(whole)
    start = unfinished.start() if unfinished else end
    return whole[:start], whole[start:]


def _repaired(text: str, where: str) -> bytes:
    return _SEGMENT.sub(lambda match: _segment(match[0], where), text).encode("utf-8", "replace")


def _segment(segment: str, where: str) -> str:
    if segment.startswith('"'):
        return _UNUSUAL_PART.sub(_escaped, segment) if _UNUSUAL.search(segment) else segment
    if _TOO_LONG_WORD.search(segment):
        raise InvalidInput(f"{where}: a number has more than {_LONGEST_WORD:,} digits")
    return _LONG_EXPONENT.sub(_beyond_doubles, _WORD.sub(_not_finite, segment))


def _escaped(match: re.Match[str]) -> str:
    part = match[0]
    if _KEPT.fullmatch(part):
        return part
    if part == "\\" or part.startswith("\\u"):
        return "\\" + part
    code = ord(part)
    if code < 0x20:
        return f"\\u{code:04x}"
    return f"\\\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\\\u{code:04x}"


def _beyond_doubles(match: re.Match[str]) -> str:
    if match[2]:
        return "0"
    return '"-Infinity"' if match[1] else '"Infinity"'


def _not_finite(match: re.Match[str]) -> str:
    if match[3] or match[4]:
        return '"-Infinity"' if match[1] == "-" else '"Infinity"'
    return '"NaN"'
