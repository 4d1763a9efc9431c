# Generated: python -m nanobind.stubgen -m obengine._native -o engine/obengine/_native.pyi
# ruff: noqa: C408, ICN001
"""
The compiled order-book core; obengine.native wraps it in the Book protocol.
"""

from typing import Annotated

import numpy
from numpy.typing import NDArray

class Engine:
    """The books of `symbols` symbols; arguments are not checked here."""

    def __init__(self, symbols: int) -> None: ...
    def apply(
        self,
        commands: Annotated[
            NDArray[numpy.uint8], dict(shape=(None,), order="C", device="cpu", writable=False)
        ],
    ) -> Annotated[NDArray[numpy.uint8], dict(shape=(None,))]:
        """
        Apply the COMMAND records in a byte array; returns the EVENT records as a byte array.
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
