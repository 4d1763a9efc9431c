"""The structure of a PNG picture: signature, chunks and their checksums; pixels are not decoded."""

from __future__ import annotations

import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES: Final = 13
_FRAME_BYTES: Final = 12
"""Length, type and checksum of a chunk."""

_LONGEST_SIDE: Final = 16_384


def png_findings(data: bytes) -> tuple[str, ...]:
    """What is wrong with the structure of a PNG, with the offset; empty if it is whole."""
    if not data.startswith(_SIGNATURE):
        return ("offset 0: not the signature of a PNG",)
    at, kind, first = len(_SIGNATURE), b"", True
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + _FRAME_BYTES + length
        if end > len(data) or not (kind.isalpha() and kind.isascii()):
            return (f"offset {at}: not a whole chunk",)
        body = data[at + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(data[end - 4 : end], "big"):
            return (f"offset {at}: the checksum of the chunk {kind.decode()} is wrong",)
        if first and (problem := _header_problem(kind, body)):
            return (f"offset {at}: {problem}",)
        at, first = end, False
        if kind == b"IEND":
            break
    if kind != b"IEND":
        return (f"offset {at}: ends without its last chunk",)
    return (f"offset {at}: data after the last chunk",) if at != len(data) else ()


def _header_problem(kind: bytes, body: bytes) -> str | None:
    if kind != b"IHDR" or len(body) != _HEADER_BYTES:
        return "the first chunk is not the header"
    sides = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    if not all(1 <= side <= _LONGEST_SIDE for side in sides):
        return f"{sides[0]} x {sides[1]} pixels, at most {_LONGEST_SIDE} a side"
    return None
