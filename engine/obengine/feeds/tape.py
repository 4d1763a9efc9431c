"""Tapes: recorded command streams on disk, with a digest.

A tape is a header of 64 bytes and the `COMMAND` records, little-endian throughout::

    offset size field
    0      8    magic          b"OBTAPE\\x1a\\n"
    8      u2   version        TAPE_VERSION
    10     u2   record_size    32
    12     u4   reserved       0
    16     u8   records        number of command records
    24     32   digest         sha256 of the records
    56     8    reserved       0
    64     ...  records

Every byte is verified on reading: a truncated or altered tape is rejected.

Format history (`TAPE_VERSION`):

1. First version.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from obengine.api.errors import BatchError, TapeError
from obengine.api.messages import COMMAND, Commands

TAPE_VERSION: Final = 1
MAGIC: Final = b"OBTAPE\x1a\n"

_HEADER: Final = struct.Struct("<8sHHIQ32s8s")


def write_tape(path: Path, commands: Commands) -> str:
    """Write a tape atomically; return the commands digest in hex.

    Raises:
        BatchError: `commands` is not a one-dimensional array of `COMMAND`.
        TapeError: the file cannot be written.
    """
    if commands.dtype != COMMAND or commands.ndim != 1:
        raise BatchError(
            f"a tape needs one dimension of COMMAND records, not {commands.dtype} x {commands.shape}"
        )
    data = np.ascontiguousarray(commands).view(np.uint8).data
    digest = hashlib.sha256(data)
    header = _header(commands.size, digest.digest())
    try:
        _replace(path, header, data)
    except OSError as error:
        raise TapeError(f"{path}: cannot be written: {error.strerror}") from error
    return digest.hexdigest()


def read_tape(path: str | Path) -> Commands:
    """Read the commands of a tape into a new writable array.

    Raises:
        TapeError: not a tape, truncated, altered, of a newer format, or unreadable.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return _read(file, str(path))
    except OSError as error:
        raise TapeError(f"{path}: cannot be read: {error.strerror}") from error


def tape_digest(commands: Commands) -> str:
    """The sha256, in hex, of the file that `write_tape` would write."""
    data = np.ascontiguousarray(commands).view(np.uint8).data
    digest = hashlib.sha256(_header(commands.size, hashlib.sha256(data).digest()))
    digest.update(data)
    return digest.hexdigest()


def is_tape(path: Path) -> bool:
    """Whether a file starts like a tape."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _header(records: int, digest: bytes) -> bytes:
    return _HEADER.pack(MAGIC, TAPE_VERSION, COMMAND.itemsize, 0, records, digest, bytes(8))


def _replace(path: Path, header: bytes, data: memoryview) -> None:
    descriptor, staging = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(header)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(staging).replace(path)
    except BaseException:
        Path(staging).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(file: BinaryIO, name: str) -> Commands:
    size = os.fstat(file.fileno()).st_size
    head = file.read(_HEADER.size)
    if not head.startswith(MAGIC[: len(head)]) or not head:
        raise TapeError(f"{name}: not a tape: it does not start with {MAGIC!r}")
    if len(head) < _HEADER.size:
        raise TapeError(f"{name}: truncated: {size} bytes, the header has {_HEADER.size}")
    _, version, record_size, reserved, records, digest, reserved_2 = _HEADER.unpack(head)
    if version > TAPE_VERSION:
        raise TapeError(f"{name}: tape format {version} is newer than {TAPE_VERSION}: update obengine")
    if version != TAPE_VERSION or record_size != COMMAND.itemsize or reserved or any(reserved_2):
        raise TapeError(f"{name}: altered: the header is not valid for format {TAPE_VERSION}")
    wanted = _HEADER.size + records * COMMAND.itemsize
    if size != wanted:
        state = "truncated" if size < wanted else "altered"
        raise TapeError(f"{name}: {state}: {size} bytes, {records} records need {wanted}")
    commands = np.fromfile(file, dtype=COMMAND, count=records)
    if hashlib.sha256(commands.view(np.uint8).data).digest() != digest:
        raise TapeError(f"{name}: altered: the records do not match the digest in the header")
    return commands
