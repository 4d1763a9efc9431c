"""Seeded command streams of plain orders, made to meet every edge of a core; `features` has the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, MAX_ID, MAX_QTY, NO_PRICE, Commands, Op, OrderKind
from obengine.flow.baseline import STEADY, generate
from tests.differential.feature_streams import TEMPERS, feature_stream

Rng = np.random.Generator
Draw = Callable[[Rng, int], NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Profile:
    """How the fields of a stream are drawn.

    Attributes:
        op_weights: shares of NEW, CANCEL, MODIFY, EXECUTE.
        market_share: share of NEW that are market orders; `ioc_share` of what has a limit.
        wrong_share: share of commands that have one field overwritten by a wrong or edgy value.
    """

    name: str
    ids: Draw
    prices: Draw
    lots: Draw
    symbols: int = 1
    op_weights: tuple[float, float, float, float] = (0.5, 0.3, 0.15, 0.05)
    market_share: float = 0.05
    ioc_share: float = 0.1
    wrong_share: float = 0.01


def commands_of(profile: Profile, seed: int, messages: int) -> Commands:
    """The same bytes for the same profile, seed and length."""
    rng = np.random.default_rng([seed, *profile.name.encode()])
    out = np.zeros(messages, COMMAND)
    out["op"] = rng.choice(4, messages, p=profile.op_weights)
    is_new = out["op"] == Op.NEW
    out["side"] = rng.integers(0, 2, messages)
    out["kind"] = np.where(is_new, rng.random(messages) < profile.market_share, 0)
    out["tif"] = rng.random(messages) < profile.ioc_share
    out["symbol"] = rng.integers(0, profile.symbols, messages)
    out["qty_lots"] = profile.lots(rng, messages)
    whole = (out["op"] == Op.CANCEL) & (rng.random(messages) < 0.6)
    out["qty_lots"] = np.where(whole, 0, out["qty_lots"])
    out["participant"] = rng.integers(0, 2**32, messages)
    out["order_id"] = profile.ids(rng, messages)
    out["price_ticks"] = np.where(out["kind"] == OrderKind.MARKET, NO_PRICE, profile.prices(rng, messages))
    _keep_some_prices(out, rng)
    _spoil(out, rng, profile)
    return out


def steady(seed: int, messages: int) -> Commands:
    """The engine's own seeded flow."""
    return generate(STEADY, seed, messages).commands


def nonsense(seed: int, messages: int) -> Commands:
    """Random bytes, with every other op and flag made plausible so that some of it is accepted."""
    rng = np.random.default_rng([seed, messages])
    out = np.frombuffer(rng.bytes(messages * COMMAND.itemsize), COMMAND).copy()
    plausible = rng.random(messages) < 0.7
    for field, limit in (("op", 9), ("side", 3), ("kind", 7), ("tif", 7), ("flags", 80), ("symbol", 2)):
        out[field] = np.where(plausible, rng.integers(0, limit, messages), out[field])
    out["order_id"] = np.where(plausible, rng.integers(0, 64, messages), out["order_id"])
    out["tif"] = np.where(rng.random(messages) < 0.6, 0, out["tif"])
    out["flags"] = np.where(rng.random(messages) < 0.6, 0, out["flags"])
    out["participant"] = np.where(plausible, rng.integers(0, 3, messages), out["participant"])
    market = (out["kind"] == OrderKind.MARKET) & (rng.random(messages) < 0.5)
    out["price_ticks"] = np.where(market, NO_PRICE, out["price_ticks"])
    return out


def _keep_some_prices(out: Commands, rng: Rng) -> None:
    """Give half of the MODIFYs the price that their order was last sent with."""
    keep = (out["op"] == Op.MODIFY) & (rng.random(len(out)) < 0.5)
    sent: dict[tuple[int, int], int] = {}
    rows = zip(
        out["op"].tolist(),
        out["symbol"].tolist(),
        out["order_id"].tolist(),
        out["price_ticks"].tolist(),
        strict=True,
    )
    for at, (op, symbol, order_id, price) in enumerate(rows):
        if keep[at]:
            out["price_ticks"][at] = sent.get((symbol, order_id), price)
        elif op in (Op.NEW, Op.MODIFY):
            sent[symbol, order_id] = price


def _spoil(out: Commands, rng: Rng, profile: Profile) -> None:
    edges: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("op", (4, 5, 6, 7, 8, 255)),
        ("side", (2, 255)),
        ("kind", (1, 2, 255)),
        ("tif", (2, 255)),
        ("flags", (1, 65_535)),
        ("symbol", (profile.symbols, 65_535)),
        ("qty_lots", (0, -1, -(2**31), MAX_QTY)),
        ("price_ticks", (NO_PRICE, NO_PRICE + 1, 2**63 - 1, 0)),
        ("order_id", (0, MAX_ID)),
    )
    which = rng.integers(0, len(edges), len(out))
    spoiled = rng.random(len(out)) < profile.wrong_share
    for at, (field, values) in enumerate(edges):
        hit = spoiled & (which == at)
        out[field][hit] = rng.choice(np.array(values, dtype=out[field].dtype), int(hit.sum()))


def _uniform(low: int, high: int) -> Draw:
    return lambda rng, n: rng.integers(low, high, n)


def _heavy(scale: int) -> Draw:
    """Signed, with a power-law tail: mostly near zero, now and then farther than any flat array."""
    return lambda rng, n: np.clip(rng.standard_cauchy(n) * scale, -(2.0**60), 2.0**60).astype(np.int64)


def _ends(rng: Rng, n: int) -> NDArray[np.int64]:
    ends = np.array([2**63 - 1, 2**63 - 2, NO_PRICE + 1, NO_PRICE + 2, -1, 0, 1, 2**40, -(2**40)], np.int64)
    return rng.choice(ends, n)


def _wandering(rng: Rng, n: int) -> NDArray[np.int64]:
    jumps = rng.choice(np.array([0, 0, 0, 0, 0, 1, -1, 9_000, -9_000]), n)
    return np.cumsum(jumps) + rng.integers(-40, 41, n)


def _scattered_ids(rng: Rng, n: int) -> NDArray[np.uint64]:
    pool = rng.integers(0, MAX_ID, 2_000, dtype=np.uint64, endpoint=True)
    strided = np.arange(2_000, dtype=np.uint64) << np.uint64(40)
    return rng.choice(np.concatenate([pool, strided]), n)


PROFILES: Final = (
    Profile("churn", ids=_uniform(0, 300), prices=_uniform(-20, 21), lots=_uniform(1, 50), wrong_share=0.05),
    Profile(
        "sweep",
        ids=_uniform(0, 20_000),
        prices=_heavy(300),
        lots=lambda rng, n: np.where(rng.random(n) < 0.005, MAX_QTY, rng.integers(1, 20, n)),
        op_weights=(0.85, 0.05, 0.05, 0.05),
        market_share=0.01,
        ioc_share=0.02,
    ),
    Profile("ends", ids=_scattered_ids, prices=_ends, lots=lambda rng, n: rng.choice([1, 2, MAX_QTY], n)),
    Profile("wander", ids=_scattered_ids, prices=_wandering, lots=_uniform(1, 9), market_share=0.01),
    Profile("symbols", ids=_uniform(0, 40), prices=_heavy(30), lots=_uniform(1, 30), symbols=700),
)

STREAMS: Final[dict[str, tuple[int, Callable[[int, int], Commands]]]] = {
    "steady": (1, steady),
    "nonsense": (2, nonsense),
    **{profile.name: (profile.symbols, partial(commands_of, profile)) for profile in PROFILES},
    **{temper.name: (temper.symbols, partial(feature_stream, temper)) for temper in TEMPERS},
}
"""Name -> number of symbols of its books, and (seed, messages) -> commands."""
