"""The encodings of one HdrHistogram: cookies, headers and compression of V0, V1 and V2.

Format: AbstractHistogram.java of github.com/HdrHistogram/HdrHistogram (`decodeFromByteBuffer`). The
cookie names the encoding and the size of words; there is no V3. V0 and V1 hold a word of 2, 4 or 8 bytes for
each bucket, V2 variable-length integers in which a negative one is a run of zeros.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.errors import InvalidInput

MAX_V2_PAYLOAD_BYTES: Final = 4 * 2**20
"""More than any V2 histogram of five digits needs; a larger one is a decompression bomb."""

MAX_WORDS_PAYLOAD_BYTES: Final = 64 * 2**20
"""More than any V0 or V1 histogram of five digits needs."""

_COMPRESSED: Final = {0x1C849309: 0, 0x1C849302: 1, 0x1C849304: 2}
_PLAIN: Final = {0x1C849308: 0, 0x1C849301: 1, 0x1C849303: 2}
_DOUBLES: Final = frozenset({0x0C72124E, 0x0C72124F})
_HEADER: Final = struct.Struct(">IIIIQQd")
_V0_HEADER: Final = struct.Struct(">IIQQQ")
_PREFIX: Final = struct.Struct(">II")
_V2: Final = 2


@dataclass(frozen=True, slots=True)
class Payload:
    """A histogram that is unpacked and not yet decoded.

    Attributes:
        version: of the encoding, 0 to 2.
        digits, lowest, highest: its precision and range.
        word_bytes: of V0 and V1, the bytes of a count.
        counts: the encoded counts.
        size: bytes of the whole histogram.
    """

    version: int
    digits: int
    lowest: int
    highest: int
    word_bytes: int
    counts: NDArray[np.uint8]
    size: int

    @property
    def has_words(self) -> bool:
        """Whether each bucket has a word of its own (V0, V1), empty ones as well."""
        return self.version != _V2


def log_error(name: str, reason: str) -> InvalidInput:
    """The error about a histogram log."""
    return InvalidInput(f"{name}: {reason}", hint="the file must be an HdrHistogram log (V0, V1 or V2)")


def unpack(blob: str, name: str) -> Payload:
    """Unpack the base64 text of one histogram, compressed or not.

    Raises:
        InvalidInput: it is not a histogram of integers in one of these encodings, or a decompression bomb.
    """
    try:
        data = base64.b64decode(blob, validate=True)
        return _payload(_inflated(data, name), name)
    except (binascii.Error, struct.error, zlib.error, ValueError) as error:
        raise log_error(name, f"the histogram does not decode: {error}") from error


def _inflated(data: bytes, name: str) -> bytes:
    cookie, length = _PREFIX.unpack_from(data)
    if _base(cookie) in _PLAIN:
        return data
    if cookie in _DOUBLES:
        raise log_error(name, "a histogram of floating-point values (DoubleHistogram), which is not read")
    if _base(cookie) not in _COMPRESSED or length != len(data) - _PREFIX.size:
        raise log_error(name, "not a compressed V0, V1 or V2 histogram")
    version = _COMPRESSED[_base(cookie)]
    limit = MAX_V2_PAYLOAD_BYTES if version == _V2 else MAX_WORDS_PAYLOAD_BYTES
    inflater = zlib.decompressobj()
    payload = inflater.decompress(memoryview(data)[_PREFIX.size :], limit)
    if not inflater.eof or inflater.unused_data:
        raise log_error(name, "the compressed histogram is cut, too long or followed by other data")
    if _PLAIN.get(_base(_PREFIX.unpack_from(payload)[0])) != version:
        raise log_error(name, "the histogram's inner header does not fit its data")
    return payload


def _payload(data: bytes, name: str) -> Payload:
    cookie, length = _PREFIX.unpack_from(data)
    version = _PLAIN[_base(cookie)]
    if version == 0:
        _, digits, lowest, highest, _total = _V0_HEADER.unpack_from(data)
        offset = _V0_HEADER.size
    else:
        *_, digits, lowest, highest, _ratio = _HEADER.unpack_from(data)
        offset = _HEADER.size
        if length != len(data) - offset:
            raise log_error(name, "the histogram's inner header does not fit its data")
    word_bytes = (cookie >> 4) & 0xE
    if version != _V2 and (word_bytes not in {2, 4, 8} or (len(data) - offset) % word_bytes):
        raise log_error(name, f"its counts are not whole words of {word_bytes} bytes")
    counts = np.frombuffer(data, np.uint8, offset=offset)
    return Payload(version, digits, lowest, highest, word_bytes, counts, len(data))


def _base(cookie: int) -> int:
    return cookie & ~0xF0 & 0xFFFFFFFF
