"""Hostile text of any size: each shape repeats what makes some parser slow."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Final

Shape = Callable[[int], bytes]
"""Bytes of about the given size."""


def _repeated(unit: bytes, last: bytes = b"") -> Shape:
    return lambda size: unit * (size // len(unit)) + last


def _numbered(form: str) -> Shape:
    """A form whose `#` is replaced by numbers that differ."""

    def made(size: int) -> bytes:
        count = size // (len(form) + 5)
        return "".join(form.replace("#", f"{number:06}") for number in range(count)).encode()

    return made


def _nested(opening: bytes, closing: bytes) -> Shape:
    def made(size: int) -> bytes:
        depth = size // (len(opening) + len(closing))
        return opening * depth + closing * depth

    return made


SHAPES: Final[dict[str, Shape]] = {
    "digits": _repeated(b"7"),
    "zeros": _repeated(b"0"),
    "digits with dots": _repeated(b"1."),
    "digits with commas": _repeated(b"1,"),
    "digits with underscores": _repeated(b"1_"),
    "floats": _repeated(b"0.5,"),
    "one long float": lambda size: b"0." + b"7" * size,
    "exponents": _repeated(b"1e9,"),
    "one long exponent": lambda size: b"1e" + b"7" * size,
    "hexadecimal digits": _repeated(b"0123456789abcdef"),
    "signs": _repeated(b"-"),
    "plus signs": _repeated(b"+"),
    "dots": _repeated(b"."),
    "dotted words": _repeated(b"a."),
    "commas": _repeated(b","),
    "colons": _repeated(b":"),
    "equals signs": _repeated(b"="),
    "brackets": _repeated(b"["),
    "closed brackets": _nested(b"[", b"]"),
    "flat brackets": _repeated(b"[],"),
    "braces": _repeated(b"{"),
    "nested objects": _nested(b'{"a":', b"}"),
    "flat braces": _repeated(b"{},"),
    "quotes": _repeated(b'"'),
    "apostrophes": _repeated(b"'"),
    "empty strings": _repeated(b'"",'),
    "open strings": _repeated(b'"a\n'),
    "backslashes": _repeated(b"\\"),
    "escapes": _repeated(b"\\n"),
    "unicode escapes": _repeated(b"\\u0041"),
    "surrogate escapes": _repeated(b"\\ud800"),
    "spaces": _repeated(b" "),
    "words with spaces": _repeated(b"a "),
    "tabs": _repeated(b"\t"),
    "newlines": _repeated(b"\n"),
    "CR LF": _repeated(b"\r\n"),
    "carriage returns": _repeated(b"\r"),
    "NUL": _repeated(b"\0"),
    "a long word": _repeated(b"a"),
    "words in lines": _repeated(b"word\n"),
    "slashes": _repeated(b"/"),
    "path": _repeated(b"a/"),
    "comments": _repeated(b"#"),
    "comment lines": _repeated(b"# x\n"),
    "four bytes of UTF-8": _repeated("\U0001f600".encode()),
    "bytes that are not UTF-8": _repeated(b"\x80"),
    "highest bytes": _repeated(b"\xff"),
    "base64": _repeated(b"QUFB"),
    "keys of JSON": _numbered('"#":1,'),
    "one key of JSON": _repeated(b'"a":1,'),
    "keys of TOML": _numbered("k# = 1\n"),
    "one key of TOML": _repeated(b"k = 1\n"),
    "tables of TOML": _numbered("[t#]\n"),
    "arrays of tables": _repeated(b"[[a]]\n[[a.b]]\n"),
    "sums": _numbered(f"{'0' * 64}  f#\n"),
    "tag lines": _repeated(b"sums-signature: QUFB\n"),
    "armor": _repeated(b"-----BEGIN SSH SIGNATURE-----\n"),
    "claims": _repeated(b"<!-- obrelease " + b"0" * 32 + b" --> "),
    "addresses": _repeated(b"://a@"),
    "CSV rows": _repeated(b"1,2,3,4,5,6\n"),
    "quoted CSV rows": _repeated(b'"1","2"\n'),
    "LOBSTER rows": _numbered("34200.#,1,#,10,1000000,1\n"),
    "log intervals": _repeated(b"0,0,0,AAAA\n"),
    "empty gzip members": _repeated(gzip.compress(b"", mtime=0)),
    "ITCH frames": _repeated(b"\0\x0cS" + bytes(11)),
}
"""Every shape by its name."""
