"""The frames of an ITCH 5.0 file: located, checked, and gathered by type into columns."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.feeds.files import MAX_RATIO, DataFile
from obengine.feeds.itch50_layout import HEAD, LENGTHS

GZIP_MAGIC: Final = b"\x1f\x8b"
MAX_BYTES: Final = 16 << 30

_FIRST_WINDOW: Final = 256
_LAST_WINDOW: Final = 2**20
_ZEROS: Final = re.compile(rb"\0*+")
PREFIX: Final = 2
_TYPE_AT: Final = PREFIX
STUCK: Final = 1 << 62
STEPS: Final = tuple(LENGTHS[chr(code)] + PREFIX if chr(code) in LENGTHS else STUCK for code in range(256))
LENGTH_OF: Final = np.array([step - PREFIX if step != STUCK else 0 for step in STEPS], dtype=np.int64)
DAY_NS: Final = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames of a file.

    Attributes:
        name: the file as the user named it.
        source: the file on disk.
        data: the unpacked bytes.
        starts: for each frame, where its message starts.
        types: for each frame, the byte of its type.
        times_ns: for each frame, nanoseconds since midnight, never decreasing.
        numbers: for each frame, the 1-based number of its message in the file; 0 for opening orders.
    """

    name: str
    source: DataFile
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    types: NDArray[np.uint8]
    times_ns: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def of(self, code: str) -> NDArray[np.int64]:
        """The 0-based numbers of the frames of a type."""
        return np.flatnonzero(self.types == ord(code)).astype(np.int64)

    def records(self, rows: NDArray[np.int64], layout: np.dtype[Any]) -> NDArray[Any]:
        """The messages of some frames, all of this layout."""
        return gather(self.data, self.starts[rows], layout)

    def heads(self) -> NDArray[Any]:
        """The common header of all messages."""
        return gather(self.data, self.starts, HEAD)


@dataclass(frozen=True, slots=True)
class UnpackedFile:
    """The unpacked content of a file, or a part of it, and the file on disk.

    `numbers` are those of `Frames` if the content is a part; None for a whole file.
    """

    data: bytes | bytearray
    source: DataFile
    numbers: NDArray[np.int64] | None = None


def gather(data: NDArray[np.uint8], starts: NDArray[np.int64], layout: np.dtype[Any]) -> NDArray[Any]:
    """Records of one layout at any offsets."""
    if not starts.size:
        return np.zeros(0, dtype=layout)
    windows = np.lib.stride_tricks.sliding_window_view(data, layout.itemsize)
    return np.ascontiguousarray(windows[starts]).view(layout)[:, 0]


def is_itch50(path: Path) -> bool:
    """Whether a file starts with an ITCH 5.0 frame."""
    try:
        with path.open("rb") as file:
            head = file.read(3)
        if head.startswith(GZIP_MAGIC):
            with gzip.open(path) as packed:
                head = packed.read(3)
    except (OSError, EOFError, zlib.error):
        return False
    if len(head) < 3:
        return False
    length = int.from_bytes(head[:PREFIX], "big")
    known = LENGTHS.get(chr(head[_TYPE_AT]))
    return known is not None and length in {0, known}


def read_frames(path: Path) -> Frames:
    """Read a file and locate its frames; raises as `read_unpacked` and `find_frames`."""
    return find_frames(read_unpacked(path), str(path))


def find_frames(stored: UnpackedFile, name: str) -> Frames:
    """Locate the frames of a file.

    Raises:
        FeedError: a frame is invalid; the line of the error is the frame number.
    """
    raw, source = stored.data, stored.source
    data = np.frombuffer(raw, dtype=np.uint8)
    found: list[int] = []
    at, end, steps, keep = 0, len(raw) - _TYPE_AT, STEPS, found.append
    while at < end:
        keep(at)
        at += steps[raw[at + _TYPE_AT]]
    if not raw:
        raise _error("the file is empty", name)
    if not found:
        raise _error("truncated frame", name, 1, raw[:16])
    frames = np.array(found, dtype=np.int64)
    types = data[frames + _TYPE_AT]
    last = found[-1]
    if at >= STUCK:
        raise _error("unknown message type", name, len(found), raw[last + _TYPE_AT : last + 3])
    if at != len(raw):
        cut = last if at > len(raw) else at
        number = len(found) + (at < len(raw))
        raise _error("truncated frame", name, number, raw[cut : cut + 16])
    prefix = (data[frames].astype(np.int64) << 8) | data[frames + 1]
    wrong = np.flatnonzero((prefix != 0) & (prefix != LENGTH_OF[types]))
    if wrong.size:
        row = int(wrong[0])
        raise _error(
            f"length must be {LENGTH_OF[types[row]]} for type {chr(types[row])}",
            name,
            row + 1,
            str(int(prefix[row])).encode(),
        )
    starts = frames + PREFIX
    heads = gather(data, starts, HEAD)
    times = (heads["time_high"].astype(np.int64) << 32) | heads["time_low"].astype(np.int64)
    backwards = np.flatnonzero(np.diff(times) < 0) + 1
    beyond = np.flatnonzero(times >= DAY_NS)
    wrong_times = [
        (int(rows[0]), reason)
        for rows, reason in ((beyond, "time beyond the day"), (backwards, "time decreases"))
        if rows.size
    ]
    if wrong_times:
        row, reason = min(wrong_times)
        raise _error(reason, name, row + 1, str(int(times[row])).encode())
    numbers = np.arange(1, frames.size + 1) if stored.numbers is None else stored.numbers
    return Frames(name, source, data, starts, types, times, numbers)


def frame_error(reason: str, frames: Frames, row: int, value: bytes) -> FeedError:
    """An error in a field of a frame (0-based row)."""
    return _error(reason, frames.name, int(frames.numbers[row]), value)


def read_unpacked(path: Path) -> UnpackedFile:
    """Read a file, uncompressed or gzip.

    Raises:
        FeedError: a read error, or damaged gzip data.
    """
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror or error}", str(path)) from error
    source = DataFile(path.name, len(stored), hashlib.sha256(stored).hexdigest())
    if not stored.startswith(GZIP_MAGIC):
        return UnpackedFile(stored, source)
    return UnpackedFile(_unpacked(stored, str(path)), source)


def _unpacked(stored: bytes, name: str) -> bytes:
    """Unpack a gzip file of one or more members, up to a size limit.

    Each member is fed by windows that grow, because zlib copies all that follows the end of a member.
    """
    limit = min(max(16 << 20, MAX_RATIO * len(stored)), MAX_BYTES)
    unpacked, at = bytearray(), 0
    while at < len(stored):
        inflater, window = zlib.decompressobj(wbits=31), _FIRST_WINDOW
        while not inflater.eof:
            if at == len(stored):
                raise _error("truncated gzip file", name)
            packed = stored[at : at + window]
            try:
                unpacked += inflater.decompress(packed, limit - len(unpacked) + 1)
            except zlib.error as error:
                reason = "CRC error: the gzip file" if _is_checksum(error) else "the gzip file"
                raise _error(f"{reason} is damaged", name, None, str(error).encode()) from error
            if len(unpacked) > limit:
                raise _error(f"unpacks to more than {MAX_RATIO} times its size", name)
            at += len(packed) - len(inflater.unused_data)
            window = min(2 * window, _LAST_WINDOW)
        at = _ZEROS.match(stored, at).end()  # type: ignore[union-attr]
    return bytes(unpacked)


def _is_checksum(error: zlib.error) -> bool:
    return "incorrect data check" in str(error)


def _error(
    reason: str, name: str, number: int | None = None, value: bytes | bytearray | None = None
) -> FeedError:
    shown = None if value is None else value.decode("ascii", "backslashreplace")
    return FeedError(reason, file=name, line=number, column=None, value=shown)
