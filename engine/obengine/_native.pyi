# Generated: python -m nanobind.stubgen -m obengine._native -o engine/obengine/_native.pyi
# ruff: noqa: C408, ICN001
"""
The compiled order-book core; obengine.native.book implements the Book protocol with it.
"""

from typing import Annotated

import numpy
from numpy.typing import NDArray

import obengine.api.errors

class EventBytes:
    """The EVENT records of a batch, as bytes."""

class Engine:
    """The books of `symbols` symbols."""

    def __init__(self, symbols: int) -> None: ...
    def apply(self, commands: NDArray[numpy.void]) -> memoryview:
        """
        Apply the COMMAND records of a contiguous buffer; returns the EVENT records.
        """

    def apply_digested(self, commands: NDArray[numpy.void]) -> tuple[memoryview, str, int]:
        """
        The same on two threads: the EVENT records, their sha256, nanoseconds of the matching thread.
        """

    def snapshot(
        self,
    ) -> tuple[
        int,
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
    ]:
        """
        The next sequence number, and ENGINE, SYMBOL, RESTING, RULE and KEPT_TRADE records as byte arrays.
        """

    def restore(
        self,
        next_sequence: int,
        engine: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
        symbols: Annotated[
            NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)
        ],
        orders: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
        rules: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
        trades: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> None:
        """Replace the state by that of a snapshot, which is validated first."""

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """The best levels of a side: price in ticks, lots, number of orders."""

    def indication(self, symbol: int, reference_ticks: int) -> tuple[int, int, int] | None:
        """
        Price, volume and surplus that an uncross would give now, or None if no orders would trade.
        """

    def audit(self) -> str | None:
        """The first broken invariant, or None."""

    @property
    def clock_ns(self) -> int:
        """The engine's clock."""

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next event."""

class ForkError(obengine.api.errors.EngineError):
    pass

def build_record() -> tuple[str, str]:
    """The compiler that built this module, and the digest of its sources."""

class ItchStream:
    """The messages of an ITCH 5.0 file, block after block."""

    def __init__(self) -> None: ...
    def read(
        self,
        data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> tuple[
        int,
        bool,
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
    ]:
        """
        Decode whole frames: bytes read, whether all are valid, commands, times, frames, trades.
        """

    @property
    def place(self) -> tuple[int, int]:
        """The number of messages so far, and the time of the last one."""

    @property
    def stocks(self) -> list[bytes]:
        """The stock of each symbol, eight bytes."""

    @property
    def locates(self) -> list[int]:
        """The locate of each symbol."""

    @property
    def attributions(self) -> list[int]:
        """By participant number - 1, the first byte lowest."""

    @property
    def counts(self) -> list[int]:
        """The number of messages by type byte."""

    @property
    def halts(self) -> list[tuple[int, int, bytes, bytes]]:
        """Time, locate, state and reason of each trading action."""

    @property
    def unknown_orders(self) -> int:
        """The number of messages about orders that were not open."""

    def broken(self) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
        """The matches of broken trades (uint64)."""

    def open_orders(self) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
        """The open orders as records of 32 bytes."""

    @property
    def events(self) -> tuple[int, int]:
        """The events of the first and the last message, 0 for none."""

class RecordedAudit:
    """The audit of the event log of a replayed feed."""

    def __init__(self) -> None: ...
    def feed(
        self,
        events: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> None:
        """Audit the next EVENT records of a byte array."""

    @property
    def faults(self) -> list[int]:
        """Counts of faults, in the order of RecordedAudit::Fault."""

    @property
    def lots(self) -> tuple[int, int, int]:
        """Lots entered, traded and cancelled."""

    def open_orders(self) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
        """The open orders as records of 32 bytes."""

class FeedBooks:
    """The books of all symbols of an ITCH 5.0 feed."""

    def __init__(self) -> None: ...
    def read(
        self,
        data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> tuple[int, int, str]:
        """
        Apply the frames of a byte array; returns bytes handled, messages, and the fault (empty if none).
        """

    def commands(
        self,
        data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> tuple[tuple[int, int, str], Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
        """
        The same, and the COMMAND records that keep an engine in step, as a byte array.
        """

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """
        The best levels of a side: price in the feed's units, shares, number of orders.
        """

    @property
    def faults(self) -> tuple[int, int, int, int]:
        """
        Numbers of messages with an unknown order, a duplicate order, a bad quantity, a bad side.
        """

    @property
    def open_orders(self) -> int:
        """The number of open orders."""

def integer_lines(
    text: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    columns: int,
    seconds_first: bool,
    label_last: bool = False,
) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))] | None:
    """
    Lines of integers as int64 in a byte array, row after row; None if the strict reader is needed.
    """

class LobsterWindow:
    """
    The window of a LOBSTER file; of its rows only the ranges are checked here.
    """

    def __init__(self, levels: int) -> None: ...
    def follow(
        self,
        messages: Annotated[
            NDArray[numpy.int64], dict(shape=(None, None), order="C", device="cpu", writable=False)
        ],
        books: Annotated[
            NDArray[numpy.int64], dict(shape=(None, None), order="C", device="cpu", writable=False)
        ],
    ) -> tuple[
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
    ]:
        """
        Apply a block of rows; returns COMMAND records, commands so far at each row (uint64), causes (uint16).
        """

    @property
    def queues(self) -> tuple[int, int, int, int]:
        """
        Known orders: deletions, exact deletions, executions, executions at the head.
        """

def wire_commands(
    wire: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
    """Convert big-endian records to COMMAND records, both as byte arrays."""

def run_pipeline(
    wire: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    symbols: int,
    batch: int,
) -> tuple[int, str, int, int, int, Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
    """
    Decode and match on another thread, digest on this one; returns events, sha256, three busy ns, batch ns.
    """

def pipeline_handoff_ns(batches: int) -> int:
    """Nanoseconds to pass this many empty batches between two threads."""
