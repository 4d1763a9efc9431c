"""The MBO records of a Databento file (DBN 1 to 3, plain or zstd): decoded, checked, chosen by symbol.

Source: the documentation of the MBO schema (databento.com/docs). The library `databento-dbn` decodes files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError, NotInFeed
from obengine.api.messages import MAX_QTY, Side
from obengine.feeds.files import MAX_RATIO, max_unpacked, read_block

MBO: Final = np.dtype(
    [
        ("length", "u1"), ("rtype", "u1"), ("publisher", "<u2"), ("instrument", "<u4"), ("event_ns", "<u8"),
        ("order_id", "<u8"), ("price", "<i8"), ("size", "<u4"), ("flags", "u1"), ("channel", "u1"),
        ("action", "S1"), ("side", "S1"), ("time_ns", "<u8"), ("delta", "<i4"), ("sequence", "<u4"),
    ]
)  # fmt: skip
"""The record of the MBO schema, the same in all versions of DBN."""

MAX_RECORDS: Final = 50_000_000
NO_DBN_PRICE: Final = 2**63 - 1
ZSTD_MARK: Final = b"\x28\xb5\x2f\xfd"
DBN_MARK: Final = b"DBN"
SIDES: Final = {b"B": int(Side.BUY), b"A": int(Side.SELL)}

_AGGREGATED: Final = 16 | 64
_PIECE: Final = 1 << 10
"""Packed bytes are decoded in pieces, so that a bomb is found before it takes memory."""
_PANIC: Final = "PanicException"
"""What the library raises if its own assumptions fail; it is no `Exception`."""
_SHOWN: Final = 120
_NAMED_SYMBOLS: Final = 10
_ACTIONS: Final = frozenset({b"A", b"C", b"M", b"R", b"T", b"F", b"N"})


@dataclass(frozen=True, slots=True)
class MboRecords:
    """The content of a file.

    Attributes:
        dataset: such as `GLBX.MDP3`.
        names: raw symbols by instrument number, as far as the file has them.
        records: of `MBO`, at least one.
    """

    dataset: str
    names: Mapping[int, str]
    records: NDArray[Any]


def of_symbols(recorded: MboRecords, symbols: Sequence[str], name: str) -> NDArray[Any]:
    """The records of these symbols, by raw symbol or as `instrument-NUMBER`.

    Raises:
        FeedError: the file has no record of a symbol.
    """
    records, names = recorded.records, recorded.names
    labels = {
        number: names.get(number, f"instrument-{number}")
        for number in np.unique(records["instrument"]).tolist()
    }
    for symbol in symbols:
        if symbol not in labels.values():
            known = ", ".join(sorted(set(labels.values()))[:_NAMED_SYMBOLS])
            raise NotInFeed(
                f"no records of this symbol; the file has {known}",
                file=name,
                line=None,
                column=None,
                value=symbol[:_SHOWN],
            )
    wanted = [number for number, label in labels.items() if label in symbols]
    return records[np.isin(records["instrument"], wanted)]


def decode_mbo(file: BinaryIO, size: int, name: str) -> MboRecords:
    """All MBO records of a file of so many bytes.

    Raises:
        FeedError: the library is not installed; the file is damaged, of another schema, or has no record.
    """
    try:
        dbn = import_module("databento_dbn")
    except ImportError as error:
        raise file_error("DBN files need databento-dbn: pip install databento-dbn", name) from error
    packed = file.read(len(ZSTD_MARK)) == ZSTD_MARK
    length = int.from_bytes(file.read(4), "little")
    file.seek(0)
    if not packed and length > size:
        raise file_error("truncated header", name)
    decoder = dbn.DBNDecoder(compression=dbn.Compression.ZSTD if packed else dbn.Compression.NONE)
    found, metadata = bytearray(), None
    for record in _records(decoder, file, name):
        if isinstance(record, dbn.Metadata):
            metadata = record
            _require_mbo(dbn, metadata, name)
        elif isinstance(record, dbn.MBOMsg):
            found += bytes(record)[: MBO.itemsize]
            if len(found) > min(max_unpacked(size), MAX_RECORDS * MBO.itemsize):
                raise file_error(f"unpacks to more than {MAX_RATIO} times its size", name)
    if metadata is None:
        raise file_error("the file is empty or truncated", name)
    records = np.frombuffer(bytes(found), dtype=MBO)
    if len(decoder.buffer()):
        raise FeedError("truncated record", file=name, line=records.size + 1, column=None, value=None)
    if not records.size:
        raise file_error("the file has no MBO records", name)
    return MboRecords(str(metadata.dataset), _instrument_names(metadata), records)


def _records(decoder: Any, file: BinaryIO, name: str) -> Iterator[Any]:
    """Metadata and records in turn.

    Raises:
        FeedError: the library cannot read the file.
    """
    for piece in _pieces(file, name):
        try:
            decoder.write(piece)
            decoded = decoder.decode()
        except MemoryError:
            raise
        except Exception as error:  # damaged data meet the library in many ways
            raise file_error("not a readable DBN file", name, str(error)[:_SHOWN]) from error
        except BaseException as error:
            if type(error).__name__ != _PANIC:
                raise
            raise file_error("not a readable DBN file", name, str(error)[:_SHOWN]) from error
        yield from decoded


def _pieces(file: BinaryIO, name: str) -> Iterator[bytes]:
    while block := read_block(file, name, None):
        for at in range(0, len(block), _PIECE):
            yield block[at : at + _PIECE]


def _require_mbo(dbn: Any, metadata: Any, name: str) -> None:
    if metadata.schema not in {dbn.Schema.MBO, None}:
        raise file_error(f"the schema is {metadata.schema}; only mbo has orders", name)


def _instrument_names(metadata: Any) -> dict[int, str]:
    """Raw symbols by instrument number, as the mappings of the file have them."""
    found: dict[int, str] = {}
    for symbol, intervals in metadata.mappings.items():
        for interval in intervals:
            number = str(interval["symbol"])
            if number.isdecimal():
                found.setdefault(int(number), str(symbol))
    return found


def check_records(found: NDArray[Any], name: str) -> None:
    """Refuse records that no book can follow.

    Raises:
        FeedError: with the number of the first of them as its line.
    """
    of_order = np.isin(found["action"], [b"A", b"M"])
    priced = of_order | (found["action"] == b"T")
    rules = (
        (~np.isin(found["action"], list(_ACTIONS)), "not an action", "action"),
        (of_order & ~np.isin(found["side"], list(SIDES)), "not a side (A or B)", "side"),
        (of_order & ((found["flags"] & _AGGREGATED) > 0), "a level, not an order", "flags"),
        (priced & (found["price"] == NO_DBN_PRICE), "no price", "price"),
        (of_order & ((found["size"] < 1) | (found["size"] > MAX_QTY)), "not a size", "size"),
        (found["time_ns"] >= np.uint64(2**63), "not a time", "time_ns"),
    )
    broken = [(int(np.argmax(bad)), reason, column) for bad, reason, column in rules if bad.any()]
    if broken:
        row, reason, column = min(broken)
        value = found[column][row]
        text = value.decode("ascii", "backslashreplace") if isinstance(value, bytes) else str(value)
        raise FeedError(reason, file=name, line=row + 1, column=None, value=text)


def file_error(reason: str, file: str, value: str | None = None) -> FeedError:
    """An error of a file as a whole."""
    return FeedError(reason, file=file, line=None, column=None, value=value)
