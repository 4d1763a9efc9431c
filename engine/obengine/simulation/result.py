"""The result of a simulation: fills, order events and queue positions, and frames made of them.

A frame is a dict of NumPy columns of one length, so `pandas.DataFrame(frame)` works as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obengine.api.arguments import require_whole
from obengine.api.errors import WorkloadError
from obengine.api.messages import Side, records_digest
from obengine.risk.limits import Breach, Watched
from obengine.simulation.exchange import Exchange
from obengine.simulation.fees import MILLIONTHS
from obengine.simulation.orders import OrderEventKind
from obengine.simulation.queue_models import QueueModel
from obengine.simulation.recording import Recording

Int64s = NDArray[np.int64]
Frame = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What a strategy did and got.

    Attributes:
        symbols: the name of each symbol index.
        fill_records, event_records, queue_records: records of `FILL`, `ORDER_EVENT` and `QUEUE_POSITION`.
        marks: for each symbol, the times at which its touch changed while both sides had lots, and twice the
            middle price from then on.
        first_ns, last_ns: the times of the first and the last recorded change.
        breaches, watched: of the risk limits, before those of profit and loss; empty without limits.
        counts: numbers of orders, fills and other facts, by name.
    """

    symbols: tuple[str, ...]
    fill_records: NDArray[np.void]
    event_records: NDArray[np.void]
    queue_records: NDArray[np.void]
    marks: tuple[tuple[Int64s, Int64s], ...]
    first_ns: int
    last_ns: int
    breaches: tuple[Breach, ...]
    watched: tuple[Watched, ...]
    counts: Mapping[str, int]

    @property
    def digest(self) -> str:
        """The sha256 of all fills, order events and queue positions: equal for equal simulations."""
        return records_digest(self.event_records, self.fill_records, self.queue_records)

    @property
    def fills(self) -> Frame:
        """The fills in order, with the columns of `FILL`."""
        return columns_of(self.fill_records)

    @property
    def events(self) -> Frame:
        """What happened to orders, in order, with the columns of `ORDER_EVENT`."""
        return columns_of(self.event_records)

    @property
    def queue_positions(self) -> Frame:
        """The lots ahead of orders whenever they changed, with the columns of `QUEUE_POSITION`."""
        return columns_of(self.queue_records)

    @property
    def positions(self) -> Frame:
        """After each fill: `time_ns`, `symbol`, `position_lots`, and `cash` in ticks x lots without fees."""
        fills = self.fill_records
        position, cash = np.zeros(fills.size, dtype=np.int64), np.zeros(fills.size, dtype=np.int64)
        for symbol in range(len(self.symbols)):
            own = fills["symbol"] == symbol
            signed = _signed(fills[own])
            position[own] = np.cumsum(signed)
            cash[own] = -np.cumsum(signed * fills["price_ticks"][own])
        return {
            "time_ns": fills["time_ns"].astype(np.int64),
            "symbol": fills["symbol"].astype(np.int64),
            "position_lots": position,
            "cash": cash,
        }

    def pnl(self, every_ns: int | None = None, *, symbol: int | None = None) -> Frame:
        """Profit and loss over time, open lots valued at the middle price.

        Args:
            every_ns: a row at each multiple of this after the first change; None for a row at each fill
                and each change of a middle price.
            symbol: of one symbol; None for the sum of all.

        Returns:
            `time_ns`; of one symbol `position_lots`, negative if short, of several `gross_lots`, the sum of
            absolute positions; `pnl` in ticks x lots after fees, rounded down; `fees` in ticks x lots,
            rounded up.

        Raises:
            WorkloadError: there is no such symbol, or `every_ns` is not positive.
        """
        if symbol is not None and symbol not in range(len(self.symbols)):
            raise WorkloadError(f"no symbol {symbol!r}; the recording has {len(self.symbols)}")
        chosen = range(len(self.symbols)) if symbol is None else (symbol,)
        one = len(chosen) == 1
        times = self._times(every_ns, chosen)
        position, twice, fees = (np.zeros(times.size, dtype=np.int64) for _ in range(3))
        for each in chosen:
            lots, cash, paid = self._held(each, times)
            position += lots if one else np.abs(lots)
            twice += 2 * cash + lots * self._twice_mid(each, times)
            fees += paid
        return {
            "time_ns": times,
            "position_lots" if one else "gross_lots": position,
            "pnl": (twice * (MILLIONTHS // 2) - fees) // MILLIONTHS,
            "fees": -(-fees // MILLIONTHS),
        }

    def _times(self, every_ns: int | None, symbols: range | tuple[int, ...]) -> Int64s:
        if every_ns is not None:
            if require_whole("every_ns", every_ns) < 1:
                raise WorkloadError(f"every_ns is {every_ns}, not a positive number of nanoseconds")
            grid = np.arange(self.first_ns, self.last_ns, every_ns, dtype=np.int64)
            return np.append(grid, self.last_ns)
        times = [self.marks[symbol][0] for symbol in symbols]
        return np.unique(np.concatenate([*times, self.fill_records["time_ns"].astype(np.int64)]))

    def _held(self, symbol: int, times: Int64s) -> tuple[Int64s, Int64s, Int64s]:
        """Position, cash, and fees in millionths, after each time."""
        fills = self.fill_records[self.fill_records["symbol"] == symbol]
        at = np.searchsorted(fills["time_ns"], times, side="right")
        signed = _signed(fills)
        sums = (signed, -signed * fills["price_ticks"], fills["fee_millionths"])
        position, cash, fees = (np.append(0, np.cumsum(each))[at] for each in sums)
        return position, cash, fees

    def _twice_mid(self, symbol: int, times: Int64s) -> Int64s:
        changed, twice_mid = self.marks[symbol]
        if not changed.size:
            return np.zeros(times.size, dtype=np.int64)
        at = np.searchsorted(changed, times, side="right") - 1
        return twice_mid[np.maximum(at, 0)]


def make_result(recording: Recording, exchange: Exchange, queue: QueueModel) -> SimulationResult:
    """The result of a finished simulation."""
    fills, events, positions = exchange.records()
    kinds = events["kind"]
    counts = {
        "orders": len(exchange.orders),
        "rejected": int(np.count_nonzero(kinds == OrderEventKind.REJECTED)),
        "fills": int(fills.size),
        "taker-fills": int(np.count_nonzero(fills["taker"])),
        "filled-lots": int(fills["lots"].sum()),
        "recorded-changes": int(recording.changes.size),
        "refused-after-kill": 0 if exchange.risk is None else exchange.risk.refused_after_kill,
        "unknown-place-lots": exchange.shadows.unknown_places if queue is QueueModel.EXACT else 0,
    }
    risk = exchange.risk
    return SimulationResult(
        symbols=recording.symbols,
        fill_records=fills,
        event_records=events,
        queue_records=positions,
        marks=tuple(_marks(recording, symbol) for symbol in range(len(recording.symbols))),
        first_ns=int(recording.times_ns[0]),
        last_ns=int(recording.times_ns[-1]),
        breaches=() if risk is None else tuple(risk.breaches),
        watched=() if risk is None else risk.watched,
        counts=counts,
    )


def columns_of(records: NDArray[np.void]) -> Frame:
    """The columns of records, each contiguous."""
    return {name: np.ascontiguousarray(records[name]) for name in records.dtype.names or ()}


def _signed(fills: NDArray[np.void]) -> Int64s:
    lots = fills["lots"].astype(np.int64)
    return np.where(fills["side"] == Side.BUY, lots, -lots)


def _marks(recording: Recording, symbol: int) -> tuple[Int64s, Int64s]:
    own = np.flatnonzero(recording.changes["symbol"] == symbol)
    touches = recording.touches[own]
    both = np.flatnonzero((touches["bid_lots"] > 0) & (touches["ask_lots"] > 0))
    twice = touches["bid_ticks"][both] + touches["ask_ticks"][both]
    times = recording.times_ns[own[both]]
    last = np.append(times[1:] != times[:-1], True) if times.size else np.zeros(0, dtype=bool)
    times, twice = times[last], twice[last]
    new = np.append(True, twice[1:] != twice[:-1]) if twice.size else np.zeros(0, dtype=bool)
    return times[new], twice[new]
