"""Text of other tools, decoded leniently: byte order marks, UTF-16, UTF-32, and bytes that are not UTF-8.

PowerShell's `>` writes UTF-16 with a byte order mark. A byte that is not UTF-8 becomes `\\xNN` as text,
so that two names that differ stay different.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 first: its little-endian mark begins with that of UTF-16."""

_SAMPLE_BYTES: Final = 4_096
_FEWEST_ZEROS: Final = 0.3


def detect_encoding(head: bytes) -> tuple[str, int]:
    """The name of the encoding of a text that begins with `head`, and the length of its byte order mark."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    sample = head[:_SAMPLE_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    least = max(1.0, len(sample) / 2 * _FEWEST_ZEROS)
    if odd >= least > even:
        return "utf-16-le", 0
    if even >= least > odd:
        return "utf-16-be", 0
    return "utf-8", 0


def decode_chunks(chunks: Iterable[bytes], *, errors: str = "backslashreplace") -> Iterator[str]:
    """Decode a text piece by piece; the first chunk decides the encoding.

    Args:
        chunks: the bytes in order; the first one holds the beginning that `detect_encoding` needs.
        errors: how bytes that do not decode are given.
    """
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        if decoder is None:
            encoding, mark = detect_encoding(chunk)
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            chunk = chunk[mark:]
        if text := decoder.decode(chunk):
            yield text
    if decoder is not None and (text := decoder.decode(b"", final=True)):
        yield text


def decode_text(data: bytes) -> str:
    """A whole text, decoded as `decode_chunks` does."""
    return "".join(decode_chunks([data]))
