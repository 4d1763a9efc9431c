"""What many symbols and distant prices cost the native core, as ratios to one symbol and to near prices.

`engine_figures.py` includes these figures.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from obengine.api.messages import COMMAND, Commands, Op
from obengine.flow.baseline import STEADY, generate
from obengine.native.book import NativeBook

Clock = Callable[[], int]
Figure = dict[str, Any]

MANY_SYMBOLS: Final = (100, 1_000)
FAR_TICKS: Final = 2**20
NEAR_SPREADS_TICKS: Final = (50, 20_000)
RESTING_ORDERS: Final = 1_000
BATCH: Final = 65_536


def interleaved_symbols(messages: int, rounds: int, clock_ns: Clock) -> list[Figure]:
    """Time of a message when symbols take turns, against one symbol; each symbol has its own seeded stream.

    Args:
        messages: their number, over all symbols.
        rounds: repeats of each.
        clock_ns: what times are taken with.
    """
    one = generate(STEADY, 1, messages).commands
    return [_interleaved(one, symbols, rounds, clock_ns) for symbols in MANY_SYMBOLS if symbols <= messages]


def distant_orders(messages: int, rounds: int, clock_ns: Clock) -> list[Figure]:
    """Time of adds and cancels 2^20 ticks behind the best prices, against the same just behind them."""
    return [_distant(messages, spread, rounds, clock_ns) for spread in NEAR_SPREADS_TICKS]


def _interleaved(one: Commands, symbols: int, rounds: int, clock_ns: Clock) -> Figure:
    streams = [generate(STEADY, seed, len(one) // symbols).commands for seed in range(1, symbols + 1)]
    for symbol, stream in enumerate(streams):
        stream["symbol"] = symbol
    in_turn = np.ascontiguousarray(np.stack(streams, axis=1).reshape(-1))
    in_sequence = np.concatenate(streams)
    times = _times_ns([(one, 1), (in_turn, symbols), (in_sequence, symbols)], rounds, clock_ns)
    return _ratios(
        f"{symbols:,} symbols in turn against one symbol",
        [turn / single for single, turn, _ in times],
        ns_a_message=statistics.median(turn for _, turn, _ in times),
        ns_of_one_symbol=statistics.median(single for single, _, _ in times),
        to_one_after_another=statistics.median(turn / sequence for _, turn, sequence in times),
    )


def _distant(messages: int, spread_ticks: int, rounds: int, clock_ns: Clock) -> Figure:
    near = _resting_orders(messages, spread_ticks, 0)
    far = _resting_orders(messages, spread_ticks, FAR_TICKS)
    times = _times_ns([(near, 1), (far, 1)], rounds, clock_ns)
    return _ratios(
        f"orders 2^20 ticks away against near ones, over {spread_ticks:,} prices",
        [away / close for close, away in times],
        ns_a_message=statistics.median(away for _, away in times),
        ns_near=statistics.median(close for close, _ in times),
    )


def _resting_orders(messages: int, spread_ticks: int, away_ticks: int) -> Commands:
    """About as many adds as cancels of random open orders; a best bid and a best ask stay."""
    rng = np.random.default_rng(1)
    side = rng.integers(0, 2, messages)
    offset = 1 + rng.integers(1, spread_ticks + 1, messages) + away_ticks
    picks, adds = rng.random(messages).tolist(), (rng.random(messages) < 0.5).tolist()
    open_ids: list[int] = []
    ids, cancels = [], []
    for at, (pick, add) in enumerate(zip(picks, adds, strict=True)):
        count = len(open_ids)
        cancel = count > RESTING_ORDERS // 2 and (not add or count > 2 * RESTING_ORDERS)
        if cancel:
            chosen = int(pick * count)
            open_ids[chosen], open_ids[-1] = open_ids[-1], open_ids[chosen]
            ids.append(open_ids.pop())
        else:
            ids.append(at + 3)
            open_ids.append(at + 3)
        cancels.append(cancel)
    orders = np.zeros(messages + 2, COMMAND)
    orders["qty_lots"], orders["order_id"][:2] = 1, (1, 2)
    orders["side"][:2], orders["price_ticks"][:2] = (0, 1), (-1, 1)
    orders["op"][2:] = np.where(cancels, Op.CANCEL, Op.NEW)
    orders["order_id"][2:] = ids
    orders["side"][2:] = np.where(cancels, 0, side)
    orders["price_ticks"][2:] = np.where(cancels, 0, np.where(side == 0, -offset, offset))
    return orders


def _times_ns(streams: list[tuple[Commands, int]], rounds: int, clock_ns: Clock) -> list[tuple[float, ...]]:
    """Nanoseconds a message of each stream and its number of symbols, on fresh books, interleaved."""
    return [
        tuple(_pass_ns(commands, symbols, clock_ns) for commands, symbols in streams) for _ in range(rounds)
    ]


def _pass_ns(commands: Commands, symbols: int, clock_ns: Clock) -> float:
    book = NativeBook(symbols)
    gc.collect()
    start_ns = clock_ns()
    for start in range(0, len(commands), BATCH):
        book.apply(commands[start : start + BATCH])
    return (clock_ns() - start_ns) / len(commands)


def _ratios(name: str, values: list[float], **more: float) -> Figure:
    return {
        "name": name,
        "unit": "times",
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "values": [round(value, 3) for value in values],
        "with": {key: round(value, 2) for key, value in more.items()},
    }
