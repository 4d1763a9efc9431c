# Generated: python -m nanobind.stubgen -m obengine._native -o engine/obengine/_native.pyi
# ruff: noqa: C408, ICN001
"""
The compiled order-book core; obengine.native.book wraps it in the Book protocol.
"""

from typing import Annotated

import numpy
from numpy.typing import NDArray

class EventBytes:
    """The EVENT records of a batch, as bytes."""

class Engine:
    """The books of `symbols` symbols; arguments are not checked here."""

    def __init__(self, symbols: int) -> None: ...
    def apply(self, commands: NDArray[numpy.void]) -> memoryview:
        """
        Apply the COMMAND records of a contiguous buffer; returns the EVENT records.
        """

    def snapshot(
        self,
    ) -> tuple[
        int,
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
    ]:
        """
        The next sequence number, and ENGINE, SYMBOL and RESTING records as byte arrays.
        """

    def restore(
        self,
        next_sequence: int,
        engine: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
        symbols: Annotated[
            NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)
        ],
        orders: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> None:
        """Take on the state of a snapshot that is known to be sound."""

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """The best levels of a side: price in ticks, lots, number of orders."""

    def audit(self) -> str | None:
        """The first broken invariant in words, or None."""

    @property
    def clock_ns(self) -> int:
        """The engine's clock."""

    @property
    def next_sequence(self) -> int:
        """The sequence number that the next event will have."""

def build_record() -> tuple[str, str]:
    """The compiler that built this module, and the digest of its sources."""

def itch_day(
    data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
) -> (
    tuple[
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        Annotated[NDArray[numpy.uint8], dict(shape=(None,))],
        list[int],
        list[tuple[int, int, int, int]],
        list[int],
        list[int],
        int,
    ]
    | None
):
    """
    A whole ITCH 5.0 file as columns; None where a frame is cut, faulty or without its length.
    """

class FeedBooks:
    """The books of all symbols as an ITCH 5.0 feed tells them."""

    def __init__(self) -> None: ...
    def read(
        self,
        data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> tuple[int, int, str]:
        """
        Follow the frames in a byte array: bytes handled, messages, fault in words (empty for none).
        """

    def commands(
        self,
        data: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    ) -> tuple[tuple[int, int, str], Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
        """
        The same, and COMMAND records that let an engine follow, as a byte array.
        """

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """
        The best levels of a side: price in the feed's units, shares, number of orders.
        """

    @property
    def faults(self) -> tuple[int, int, int, int]:
        """
        Messages about unknown orders, about duplicate ones, with a wrong quantity, with a wrong side.
        """

    @property
    def open_orders(self) -> int:
        """The number of open orders."""

def integer_lines(
    text: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    columns: int,
    seconds_first: bool,
) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))] | None:
    """
    Lines of integers as int64 in a byte array, row after row; None where a line is not plainly that.
    """

class LobsterWindow:
    """The window of a LOBSTER file; rows are not checked here."""

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
        Follow a block of rows: COMMAND records, commands so far at each row (uint64) and causes (uint16).
        """

    @property
    def queues(self) -> tuple[int, int, int, int]:
        """
        Deletions, exact deletions, executions, executions at the head, of known orders.
        """

def wire_commands(
    wire: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
    """The COMMAND records of big-endian ones, both as byte arrays."""

def run_pipeline(
    wire: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)],
    symbols: int,
    batch: int,
) -> tuple[int, str, int, int, int, Annotated[NDArray[numpy.uint8], dict(shape=(None,))]]:
    """
    Decode and match on another thread, digest on this one: events, sha256, three busy ns, batch ns.
    """

def pipeline_handoff_ns(batches: int) -> int:
    """Nanoseconds to hand so many empty batches from thread to thread."""
