"""Seeded command streams of nine temperaments that use every kind of order and every trading state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import (
    ALL_SYMBOLS,
    COMMAND,
    MAX_QTY,
    NO_PRICE,
    SELF_TRADE_SHIFT,
    Commands,
    Op,
    OrderFlag,
    OrderKind,
    Rule,
    StateFlag,
    TimeInForce,
)

_KINDS: Final = len(OrderKind)
_TIFS: Final = len(TimeInForce)
_MIDDLE: Final = 1000

Weights = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Temper:
    """What a stream is made of.

    Attributes:
        ops: weights of NEW, CANCEL, MODIFY, EXECUTE, a lone EXTEND, MASS_CANCEL, STATE, CLOCK, STEPS, RULE,
            TRADE_WINDOW, BUST, INDICATE.
        kinds: weights of the kinds of NEW, in their order.
        tifs: weights of the times in force, likewise.
        post_only, hidden, iceberg, minimum, prevented, by_total, to_limit: shares of NEW that may have it.
        amended: share of the MODIFY that give a new trigger or trail.
        owners: number of participants.
        ids: order ids are below this.
        spread: prices are within so many ticks of the middle.
        most_lots: quantities are up to this; every 200th is MAX_QTY.
        calm: share of STATE commands that open the symbol.
        wrong_share: share of commands with one field overwritten by an edgy value.
        step_ns: the clock moves by about so much with each CLOCK.
    """

    name: str
    ops: Weights = (0.62, 0.14, 0.1, 0.06, 0.01, 0.004, 0.006, 0.01, 0.002, 0, 0.002, 0.02, 0.01)
    kinds: Weights = (0.6, 0.12, 0.08, 0.08, 0.06, 0.06)
    tifs: Weights = (0.5, 0.1, 0.1, 0.08, 0.06, 0.08, 0.04, 0.04)
    post_only: float = 0.08
    hidden: float = 0.12
    iceberg: float = 0.2
    minimum: float = 0.1
    prevented: float = 0.3
    by_total: float = 0.2
    to_limit: float = 0.3
    amended: float = 0.3
    owners: int = 6
    ids: int = 400
    symbols: int = 1
    spread: int = 12
    most_lots: int = 40
    calm: float = 0.75
    wrong_share: float = 0.02
    step_ns: int = 40


def feature_stream(temper: Temper, seed: int, messages: int) -> Commands:
    """The same bytes for the same temper, seed and length."""
    rng = np.random.default_rng([seed, *temper.name.encode()])
    out = np.zeros(messages, COMMAND)
    out["op"] = _draw(rng, temper.ops, messages)
    out["side"] = rng.integers(0, 2, messages)
    out["symbol"] = rng.integers(0, temper.symbols, messages)
    out["qty_lots"] = _lots(rng, temper, messages)
    out["order_id"] = rng.integers(0, temper.ids, messages)
    out["participant"] = rng.integers(0, temper.owners, messages)
    out["price_ticks"] = _MIDDLE + rng.integers(-temper.spread, temper.spread + 1, messages)
    extension = _orders(rng, temper, out)
    _others(rng, temper, out, extension)
    _spoil(rng, temper, out, extension)
    return _with_extensions(out, extension)[:messages]


def _draw(rng: np.random.Generator, weights: Weights, n: int) -> NDArray[np.int64]:
    share = np.array(weights)
    return rng.choice(len(weights), n, p=share / share.sum())


def _lots(rng: np.random.Generator, temper: Temper, n: int) -> NDArray[np.int64]:
    lots = rng.integers(1, temper.most_lots + 1, n)
    return np.where(rng.random(n) < 0.005, MAX_QTY, lots)


def _orders(rng: np.random.Generator, temper: Temper, out: Commands) -> Commands:
    """Give the NEWs their kinds and flags; returns the EXTEND of each row."""
    n = len(out)
    new = out["op"] == Op.NEW
    kind, tif = _draw(rng, temper.kinds, n), _draw(rng, temper.tifs, n)
    tif = np.where((tif == TimeInForce.AON) & (kind != OrderKind.LIMIT), TimeInForce.FOK, tif)
    tif = np.where((tif >= TimeInForce.ON_OPEN) & (kind >= OrderKind.STOP), TimeInForce.GTC, tif)
    lasting = np.isin(tif, (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD))
    limited = np.isin(kind, (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP_LIMIT))
    stops, trailing = kind >= OrderKind.STOP, kind >= OrderKind.TRAILING_STOP

    post = lasting & (kind == OrderKind.LIMIT) & (rng.random(n) < temper.post_only)
    slide = post & (rng.random(n) < 0.5)
    hidden = lasting & limited & (rng.random(n) < temper.hidden)
    iceberg = lasting & limited & ~hidden & (rng.random(n) < temper.iceberg)
    least = ~stops & (tif < TimeInForce.FOK) & ~post & (rng.random(n) < temper.minimum)
    mode = np.where(rng.random(n) < temper.prevented, rng.integers(1, 5, n), 0)

    extension = np.zeros(n, COMMAND)
    extension["op"] = Op.EXTEND
    extension["qty_lots"] = np.where(iceberg, 1 + rng.integers(0, 8, n) % np.maximum(out["qty_lots"], 1), 0)
    extension["participant"] = np.where(
        least, 1 + rng.integers(0, 2**31, n) % np.maximum(out["qty_lots"], 1), 0
    )
    now = np.cumsum(out["op"] == Op.CLOCK).astype(np.uint64) * np.uint64(temper.step_ns)
    ahead = rng.integers(1, temper.step_ns * 20, n).astype(np.uint64)
    extension["order_id"] = np.where(tif == TimeInForce.GTD, now + ahead, 0)
    reach = _MIDDLE + rng.integers(-temper.spread, temper.spread + 1, n)
    extension["price_ticks"] = np.where(
        trailing, rng.integers(1, temper.spread, n), np.where(stops, reach, 0)
    )
    named = ("qty_lots", "participant", "order_id", "price_ticks")
    extended = stops | np.logical_or.reduce([extension[field] != 0 for field in named])

    flags = extended * OrderFlag.EXTENDED | post * OrderFlag.POST_ONLY | slide * OrderFlag.SLIDE
    flags |= hidden * OrderFlag.HIDDEN | mode << SELF_TRADE_SHIFT
    flags |= (rng.random(n) < temper.by_total) * OrderFlag.TOTAL
    for_auction = (tif >= TimeInForce.ON_OPEN) & (kind == OrderKind.LIMIT)
    flags |= (for_auction & (rng.random(n) < 0.4)) * OrderFlag.IMBALANCE_ONLY
    to_limit = lasting & (kind == OrderKind.MARKET) & (rng.random(n) < temper.to_limit)
    flags |= to_limit * OrderFlag.TO_LIMIT
    out["kind"], out["tif"] = np.where(new, kind, 0), np.where(new, tif, 0)
    out["flags"] = np.where(new, flags, 0)
    unlimited = new & (kind == OrderKind.MARKET) & (rng.random(n) < 0.6)
    offset = new & (kind == OrderKind.TRAILING_STOP_LIMIT)
    out["price_ticks"] = np.where(unlimited, NO_PRICE, out["price_ticks"])
    out["price_ticks"] = np.where(offset, rng.integers(-3, 4, n), out["price_ticks"])
    return extension


def _others(rng: np.random.Generator, temper: Temper, out: Commands, extension: Commands) -> None:
    """Fields of what is no NEW."""
    n, op = len(out), out["op"].copy()
    amended = (op == Op.MODIFY) & (rng.random(n) < temper.amended)
    out["flags"] = np.where(amended, OrderFlag.EXTENDED, out["flags"])
    for field in ("qty_lots", "participant", "order_id"):
        extension[field] = np.where(amended, 0, extension[field])
    as_trail = rng.random(n) < 0.5
    trigger = np.where(as_trail, 1 + rng.integers(0, temper.spread, n), out["price_ticks"])
    extension["price_ticks"] = np.where(amended, trigger, extension["price_ticks"])
    whole = (op == Op.CANCEL) & (rng.random(n) < 0.6)
    out["qty_lots"] = np.where(whole, 0, out["qty_lots"])
    state = np.where(rng.random(n) < temper.calm, 0, rng.integers(1, 3, n))
    out["side"] = np.where(
        op == Op.STATE, state, np.where(op == Op.MASS_CANCEL, rng.integers(0, 3, n), out["side"])
    )
    flag = np.array([0, StateFlag.UNCROSS, StateFlag.CLOSING])[state] * rng.integers(0, 2, n)
    out["flags"] = np.where(op == Op.STATE, flag, out["flags"])
    out["price_ticks"] = np.where((op == Op.STATE) & (rng.random(n) < 0.5), NO_PRICE, out["price_ticks"])
    everywhere = (op == Op.MASS_CANCEL) & (rng.random(n) < 0.2)
    out["symbol"] = np.where(everywhere, ALL_SYMBOLS, out["symbol"])
    steps = op == Op.STEPS
    price_step = np.where(rng.random(n) < 0.5, 1, rng.integers(1, 4, n))
    lot_step = np.where(rng.random(n) < 0.7, 1, rng.integers(0, 3, n))
    out["participant"] = np.where(steps, price_step, out["participant"])
    out["qty_lots"] = np.where(steps, lot_step, out["qty_lots"])
    rule = op == Op.RULE
    kind = rng.integers(0, len(Rule), n)
    out["kind"] = np.where(rule, kind, out["kind"])
    out["side"] = np.where(rule, rng.choice(3, n, p=(0.1, 0.3, 0.6)), out["side"])
    band = rule & (kind == Rule.BAND)
    for field in ("participant", "qty_lots"):
        out[field] = np.where(band, rng.integers(1, 4, n), out[field])
    matching = rule & (kind == Rule.MATCHING)
    out["side"] = np.where(matching, rng.random(n) < 0.8, out["side"])
    for field in ("participant", "qty_lots"):
        out[field] = np.where(matching, rng.integers(0, 6, n), out[field])
    row = rule & (kind == Rule.STEPS_FROM)
    for field in ("participant", "qty_lots"):
        out[field] = np.where(row, rng.integers(1, 4, n), out[field])
    width = rng.integers(0, 2 * temper.spread, n).astype(np.uint64)
    out["order_id"] = np.where(rule, width, out["order_id"])
    window = op == Op.TRADE_WINDOW
    out["qty_lots"] = np.where(window, rng.choice([0, 1, 50, 5_000, 2**20, 2**20 + 1], n), out["qty_lots"])
    guess = (np.arange(n) * rng.uniform(0.9, 1.3, n)).astype(np.uint64)
    (busts,) = np.nonzero(op == Op.BUST)
    again = busts[1:][rng.random(busts[1:].size) < 0.3]
    guess[again] = guess[busts[np.searchsorted(busts, again) - 1]]
    out["order_id"] = np.where(op == Op.BUST, guess, out["order_id"])
    clock = op == Op.CLOCK
    time_ns = np.cumsum(clock) * temper.step_ns + rng.integers(-temper.step_ns, 1, n)
    out["order_id"] = np.where(clock, np.maximum(time_ns, 0).astype(np.uint64), out["order_id"])
    out["flags"] = np.where(clock, rng.random(n) < 0.1, out["flags"])


def _spoil(rng: np.random.Generator, temper: Temper, out: Commands, extension: Commands) -> None:
    """Overwrite single fields, so that each check of each command is reached."""
    edges: tuple[tuple[Commands, str, tuple[int, ...]], ...] = (
        (out, "op", (0, 0, 4, 9, 10, 11, 12, 13, 255)),
        (out, "side", (2, 3)),
        (out, "kind", (0, 1, 2, 3, 4, 5, 6)),
        (out, "tif", (0, 1, 2, 3, 4, 5, 6, 7, 8)),
        (out, "flags", (0, 1, 2, 4, 6, 8, 9, 10, 0x50, 0x80, 0xD0, 0x100, 0x200, 0x400, 0x11, 0x18)),
        (out, "symbol", (temper.symbols, ALL_SYMBOLS)),
        (out, "qty_lots", (0, -1, -(2**31), 1)),
        (out, "price_ticks", (NO_PRICE, NO_PRICE + 1, 2**63 - 1, 0)),
        (out, "order_id", (0, 2**64 - 1)),
        (extension, "qty_lots", (-1, 1, 3, MAX_QTY)),
        (extension, "participant", (0, 1, 2**32 - 1)),
        (extension, "order_id", (0, 1, 2**64 - 1)),
        (extension, "price_ticks", (NO_PRICE, NO_PRICE + 1, 0, 1, 2**63 - 1)),
    )
    which = rng.integers(0, len(edges), len(out))
    spoiled = rng.random(len(out)) < temper.wrong_share
    for at, (records, field, values) in enumerate(edges):
        hit = spoiled & (which == at)
        records[field][hit] = rng.choice(np.array(values, dtype=records[field].dtype), int(hit.sum()))


def _with_extensions(out: Commands, extension: Commands) -> Commands:
    """Put the EXTEND of each extended NEW or MODIFY before it."""
    extended = np.isin(out["op"], (Op.NEW, Op.MODIFY)) & (out["flags"] & OrderFlag.EXTENDED != 0)
    last = np.cumsum(1 + extended) - 1
    both = np.empty(len(out) + int(extended.sum()), COMMAND)
    both[last] = out
    both[last[extended] - 1] = extension[extended]
    return both


TEMPERS: Final = (
    Temper("everything"),
    Temper(
        "cascade",
        kinds=(0.35, 0.08, 0.18, 0.12, 0.15, 0.12),
        tifs=(0.8, 0.05, 0.05, 0.05, 0.03, 0.02),
        ops=(0.8, 0.06, 0.05, 0.03, 0.0, 0.001, 0.004, 0.002),
        ids=3_000,
        spread=30,
        most_lots=60,
        prevented=0.05,
    ),
    Temper(
        "depths",
        kinds=(0.85, 0.1, 0.01, 0.02, 0.01, 0.01),
        tifs=(0.55, 0.1, 0.02, 0.03, 0.1, 0.2),
        hidden=0.3,
        iceberg=0.5,
        minimum=0.2,
        spread=5,
        most_lots=90,
        ids=1_500,
    ),
    Temper("relatives", prevented=0.9, owners=2, spread=4, kinds=(0.75, 0.15, 0.03, 0.03, 0.02, 0.02)),
    Temper(
        "sessions",
        ops=(0.65, 0.06, 0.08, 0.03, 0.0, 0.005, 0.1, 0.01, 0.01, 0, 0, 0, 0.05),
        calm=0.35,
        kinds=(0.7, 0.15, 0.05, 0.04, 0.03, 0.03),
        tifs=(0.36, 0.06, 0.06, 0.06, 0.04, 0.06, 0.18, 0.18),
        spread=9,
        symbols=3,
    ),
    Temper(
        "calendar",
        ops=(0.6, 0.08, 0.06, 0.03, 0.01, 0.01, 0.01, 0.2),
        tifs=(0.1, 0.05, 0.3, 0.45, 0.05, 0.05),
        symbols=70,
        ids=60,
    ),
    Temper(
        "shares",
        ops=(0.68, 0.1, 0.1, 0.02, 0.0, 0.002, 0.004, 0.01, 0.0, 0.008),
        kinds=(0.8, 0.08, 0.03, 0.04, 0.02, 0.03),
        tifs=(0.7, 0.08, 0.05, 0.05, 0.06, 0.06),
        calm=0.9,
        iceberg=0.3,
        spread=4,
        most_lots=60,
        ids=600,
        symbols=2,
    ),
    Temper(
        "rules",
        ops=(0.66, 0.08, 0.1, 0.02, 0.0, 0.003, 0.01, 0.03, 0.01, 0.02),
        kinds=(0.6, 0.12, 0.06, 0.09, 0.04, 0.09),
        calm=0.6,
        spread=14,
        ids=120,
        symbols=2,
        wrong_share=0.04,
        step_ns=1_000_000,
    ),
)
