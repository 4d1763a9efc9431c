"""POSIX ustar headers (IEEE Std 1003.1, pax, "ustar Interchange Format") in exactly one form.

Every member is a regular file with mode 0644, owner 0:0 without names, and the fixed time
1980-01-01T00:00:00Z, so that equal contents give equal bytes. That day is the first that every archive
format and tool accepts. Python's `tarfile` does not promise the same bytes in all versions.
"""

from __future__ import annotations

from typing import Final

from obrelease.bundle.archive_rules import RefusedArchive, Rule
from obrelease.errors import InvalidInput

BLOCK_BYTES: Final = 512
END: Final = bytes(2 * BLOCK_BYTES)
MODE: Final = 0o644
MTIME_S: Final = 315_532_800
MAX_MEMBER_BYTES: Final = 8**11 - 1

_NAME, _MODE, _UID, _GID = slice(0, 100), slice(100, 108), slice(108, 116), slice(116, 124)
_SIZE, _MTIME, _CHECKSUM, _TYPE = slice(124, 136), slice(136, 148), slice(148, 156), slice(156, 157)
_MAGIC, _NAMES, _PREFIX = slice(257, 265), slice(265, 329), slice(345, 500)

_FORBIDDEN_TYPES: Final = {
    b"1": Rule.LINK,
    b"2": Rule.LINK,
    b"3": Rule.DEVICE,
    b"4": Rule.DEVICE,
    b"5": Rule.DIRECTORY,
    b"6": Rule.DEVICE,
    b"x": Rule.PAX_HEADER,
    b"g": Rule.PAX_HEADER,
    b"X": Rule.PAX_HEADER,
    b"K": Rule.GNU_EXTENSION,
    b"L": Rule.GNU_EXTENSION,
    b"S": Rule.GNU_EXTENSION,
    b"D": Rule.GNU_EXTENSION,
    b"M": Rule.GNU_EXTENSION,
    b"V": Rule.GNU_EXTENSION,
}


_OWNER_FIELDS: Final = b"%07o\0" % MODE + b"0000000\0" * 2
_MTIME_FIELD: Final = b"%011o\0" % MTIME_S
_TYPE_TO_DEVICE: Final = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
_FIXED_SUM: Final = sum(_OWNER_FIELDS + b" " * 8 + _MTIME_FIELD + _TYPE_TO_DEVICE)
"""The checksum of the fields that are equal in all headers, with blanks for the checksum itself."""


def header(path: str, size: int) -> bytes:
    """The 512 bytes before a member's content.

    Raises:
        InvalidInput: the path is too long to be split, or the size is 8 GiB or more.
    """
    if size > MAX_MEMBER_BYTES:
        raise InvalidInput(f"{path}: {size} bytes, at most 8 GiB fit in one member of a ustar archive")
    prefix, name = _split(path)
    digits = b"%011o\0" % size
    checksum = b"%06o\0 " % (_FIXED_SUM + sum(name) + sum(prefix) + sum(digits))
    fields = (
        name.ljust(100, b"\0"),
        _OWNER_FIELDS,
        digits,
        _MTIME_FIELD,
        checksum,
        _TYPE_TO_DEVICE,
        prefix.ljust(155, b"\0"),
        bytes(12),
    )
    return b"".join(fields)


def padding(size: int) -> int:
    """Zero bytes that follow a member of `size` bytes."""
    return -size % BLOCK_BYTES


def parse(block: bytes, where: str) -> tuple[str, int]:
    """The path and size in a header.

    Raises:
        RefusedArchive: anything in it differs from what `header` writes.
    """
    return _parse_exact(block) or _diagnose(block, where)


def _parse_exact(block: bytes) -> tuple[str, int] | None:
    """Path and size of a header that `header` wrote; None if anything differs."""
    try:
        name = block[_NAME].rstrip(b"\0").decode("ascii")
        prefix = block[_PREFIX].rstrip(b"\0").decode("ascii")
        path, size = f"{prefix}/{name}" if prefix else name, int(block[_SIZE][:-1], 8)
        return (path, size) if block == header(path, size) else None
    except (ValueError, InvalidInput):
        return None


def _diagnose(block: bytes, where: str) -> tuple[str, int]:
    """As `_parse_exact`, field by field, to name the rule that the header breaks."""
    if block[_CHECKSUM] != b"%06o\0 " % (sum(block) - sum(block[_CHECKSUM]) + 8 * 0x20):
        raise RefusedArchive(where, Rule.HEADER_CHECKSUM, "the header's checksum does not match")
    path = _path(block, where)
    place = f"{where}: member {path!a}"
    kind = block[_TYPE]
    if kind != b"0":
        rule = _FORBIDDEN_TYPES.get(kind, Rule.MEMBER_TYPE)
        raise RefusedArchive(place, rule, f"type {kind.decode('latin-1')!a}, only regular files are accepted")
    size = _octal(block[_SIZE], place)
    if block[_MODE] != b"%07o\0" % MODE:
        raise RefusedArchive(place, Rule.MODE, f"mode {block[_MODE].decode('latin-1')!a}, not 0644")
    if block[_UID] + block[_GID] != b"0000000\0" * 2 or any(block[_NAMES]):
        raise RefusedArchive(place, Rule.OWNER, "the owner is not 0:0 without names")
    if block[_MTIME] != b"%011o\0" % MTIME_S:
        raise RefusedArchive(place, Rule.TIME, "the time is not 1980-01-01T00:00:00Z")
    return path, size


def require_exact(block: bytes, path: str, size: int, where: str) -> None:
    """Refuse a header with the right values in another form.

    Raises:
        RefusedArchive: always `Rule.HEADER_FIELD`.
    """
    if block != header(path, size):
        raise RefusedArchive(
            f"{where}: member {path!a}", Rule.HEADER_FIELD, "the header differs from its ustar form"
        )


def _split(path: str) -> tuple[bytes, bytes]:
    """Prefix and name; the shortest prefix that leaves a name of at most 100 bytes."""
    raw = path.encode("ascii")
    if len(raw) <= 100:
        return b"", raw
    for at, byte in enumerate(raw):
        if byte == 0x2F and len(raw) - at - 1 <= 100 and at <= 155:
            return raw[:at], raw[at + 1 :]
    raise InvalidInput(
        f"{path}: the path is too long for a ustar archive (155 + 100 bytes, split at a slash)",
        hint="shorten the file's name or the scenario's",
    )


def _path(block: bytes, where: str) -> str:
    try:
        name, prefix = (block[part].rstrip(b"\0").decode("ascii") for part in (_NAME, _PREFIX))
    except UnicodeDecodeError as error:
        shown = ascii(block[_NAME].rstrip(b"\0").decode("latin-1"))
        raise RefusedArchive(f"{where}: member {shown}", Rule.PATH_CHARACTERS, "not ASCII") from error
    if block[_MAGIC] != b"ustar\x0000":
        raise RefusedArchive(
            f"{where}: member {name!a}", Rule.GNU_EXTENSION, "the magic is not that of a ustar header"
        )
    return f"{prefix}/{name}" if prefix else name


def _octal(field: bytes, place: str) -> int:
    digits = field[:-1]
    if field[-1:] != b"\0" or not digits.isdigit() or max(digits) > ord("7"):
        raise RefusedArchive(
            place, Rule.SIZE_FIELD, f"{field.decode('latin-1')!a} is not eleven octal digits"
        )
    return int(digits, 8)
