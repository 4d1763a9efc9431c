"""The risk limits file: a TOML file of limits, expected breaches and a synthetic market maker.

::

    version = 1
    expect = "none"                 # or a table of exact counts: expect = { inventory = 3 }

    [[limit]]                       # any number of tables
    participant = "NITE"            # a name of the feed, "maker", "strategy", or a number; default: each
    symbol = "AMZN"                 # default: all together
    inventory_lots = 500
    gross_notional = 2_000_000_000  # ticks x lots
    open_orders = 10
    orders_per_s = 50
    burst = 20
    collar_ticks = 5_000
    kill_after_breaches = 100
    loss = 1_000_000                # ticks x lots, of "maker" or "strategy" only
    drawdown = 500_000              # the same

    [market_maker]                  # a synthetic agent that quotes along the recorded stream
    seed = 7
    symbol = "AMZN"                 # default: the first
    half_spread_ticks = 600
    quote_lots = 100
    skew_ticks_per_lot = 1
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from obengine.api.errors import LimitsError
from obengine.api.prng import MAX_SEED
from obengine.risk.limits import BreachKind, RiskRule

LIMITS_VERSION: Final = 1
MAKER: Final = 2**32 - 1
"""The participant number of the synthetic market maker, which has the name `maker`."""
STRATEGY: Final = 2**32 - 2
"""The participant number of a simulated strategy, which has the name `strategy`."""
MAKER_NAME: Final = "maker"
STRATEGY_NAME: Final = "strategy"
MAX_LIMIT: Final = 2**53 - 1
MAX_BYTES: Final = 2**18
"""The largest limits file."""
MAX_DOTS: Final = 64
"""The maximum number of dots in a line: the time of `tomllib` is quadratic in the parts of a key."""

_LIMITS: Final = tuple(f.name for f in fields(RiskRule) if f.name not in {"participant", "symbol"})


@dataclass(frozen=True, slots=True)
class MakerPlan:
    """The parameters of the synthetic market maker; see `obengine.risk.market_maker`."""

    seed: int
    symbol: int
    half_spread_ticks: int
    quote_lots: int
    skew_ticks_per_lot: int


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """The content of a limits file.

    Attributes:
        rules: the rules in file order.
        maker: the market maker, or None.
        expected: exact count of each kind of breach, or None if the file has no expectation.
        text: the bytes of the file.
        name: the base name of the file.
    """

    rules: tuple[RiskRule, ...]
    maker: MakerPlan | None
    expected: Mapping[str, int] | None
    text: bytes
    name: str


def read_limits(path: Path, *, symbols: Sequence[str], participants: Sequence[str]) -> RiskLimits:
    """Read and validate a limits file.

    Args:
        path: the file.
        symbols: the symbols of the feed, by index.
        participants: the participants of the feed; the first has number 1.

    Raises:
        LimitsError: missing file, invalid TOML, an unknown key or name, or a number out of range.
    """
    text = _read_bounded(path)
    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # tomllib's own error is a ValueError
        raise LimitsError(f"{path}: not valid TOML: {error}") from error
    reader = _Reader(str(path), tuple(symbols), tuple(participants))
    reader.closed(document, ("version", "expect", "limit", "market_maker"), "the file")
    if "version" not in document:
        raise reader.error("version", f"is missing; it must be {LIMITS_VERSION}")
    if document["version"] != LIMITS_VERSION:
        raise reader.error("version", f"must be {LIMITS_VERSION}, not {_shown(document['version'])}")
    limits, maker = document.get("limit", []), document.get("market_maker")
    if not isinstance(limits, list) or not all(isinstance(limit, dict) for limit in limits):
        raise reader.error("limit", "must be written as [[limit]]")
    rules = tuple(reader.rule(limit, f"limit {n}") for n, limit in enumerate(limits, start=1))
    expected = reader.expected(document.get("expect"))
    if expected is not None and not rules:
        raise reader.error("expect", "has no effect without a [[limit]]")
    return RiskLimits(rules, reader.maker(maker), expected, text, path.name)


def _read_bounded(path: Path) -> bytes:
    """The bytes of a regular file that `tomllib` reads in time and memory linear in its size."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LimitsError(f"{path}: is not a regular file")
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LimitsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(text) > MAX_BYTES:
        raise LimitsError(f"{path}: larger than {MAX_BYTES} bytes")
    if any(line.count(b".") > MAX_DOTS for line in text.split(b"\n")):
        raise LimitsError(f"{path}: a line has more than {MAX_DOTS} dots")
    return text


def _shown(value: object) -> str:
    """A value for an error message; an integer may be too long to print."""
    try:
        return repr(value)[:80]
    except ValueError:
        return "an integer of thousands of digits"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Validates the parts of one file."""

    file: str
    symbols: tuple[str, ...]
    participants: tuple[str, ...]

    def error(self, place: str, reason: str) -> LimitsError:
        return LimitsError(f"{self.file}: {place}: {reason}")

    def closed(self, table: Mapping[str, Any], keys: Sequence[str], place: str) -> None:
        for key in table:
            if key not in keys:
                raise self.error(place, f"unknown key {_shown(key)}; known keys: {', '.join(keys)}")

    def number(self, table: Mapping[str, Any], key: str, place: str, *, minimum: int, maximum: int) -> int:
        value = table[key]
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise self.error(
                place, f"{key} must be an integer from {minimum} to {maximum}, not {_shown(value)}"
            )
        return value

    def rule(self, table: Mapping[str, Any], place: str) -> RiskRule:
        self.closed(table, ("participant", "symbol", *_LIMITS), place)
        found = {
            key: self.number(
                table, key, place, minimum=int(key in {"burst", "kill_after_breaches"}), maximum=MAX_LIMIT
            )
            for key in _LIMITS
            if key in table
        }
        if "burst" in found and "orders_per_s" not in found:
            raise self.error(place, "burst has no effect without orders_per_s")
        if not found:
            raise self.error(place, "has no limit")
        participant = self.participant(table.get("participant"), place)
        if ("loss" in found or "drawdown" in found) and participant not in {None, MAKER, STRATEGY}:
            raise self.error(
                place, f"loss and drawdown are known of {MAKER_NAME!r} and {STRATEGY_NAME!r} only"
            )
        return RiskRule(
            participant=participant,
            symbol=self.symbol(table.get("symbol"), place),
            **found,
        )

    def participant(self, name: object, place: str) -> int | None:
        if name is None or (isinstance(name, int) and not isinstance(name, bool) and 0 < name <= MAKER):
            return name
        if name == MAKER_NAME:
            return MAKER
        if name == STRATEGY_NAME:
            return STRATEGY
        if name not in self.participants:
            known = ", ".join((MAKER_NAME, STRATEGY_NAME, *self.participants[:20]))
            raise self.error(place, f"unknown participant {_shown(name)}; known: {known}")
        return self.participants.index(str(name)) + 1

    def symbol(self, name: object, place: str) -> int | None:
        if name is None:
            return None
        if name not in self.symbols:
            raise self.error(place, f"unknown symbol {_shown(name)}; known: {', '.join(self.symbols[:20])}")
        return self.symbols.index(str(name))

    def maker(self, table: object) -> MakerPlan | None:
        place = "market_maker"
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self.error(place, "must be a table")
        keys = ("seed", "symbol", "half_spread_ticks", "quote_lots", "skew_ticks_per_lot")
        self.closed(table, keys, place)
        for key in ("half_spread_ticks", "quote_lots"):
            if key not in table:
                raise self.error(place, f"{key} is missing")
        given = {"seed": 1, "skew_ticks_per_lot": 0} | table
        return MakerPlan(
            seed=self.number(given, "seed", place, minimum=0, maximum=MAX_SEED),
            symbol=self.symbol(given.get("symbol"), place) or 0,
            half_spread_ticks=self.number(given, "half_spread_ticks", place, minimum=1, maximum=10**9),
            quote_lots=self.number(given, "quote_lots", place, minimum=1, maximum=10**6),
            skew_ticks_per_lot=self.number(given, "skew_ticks_per_lot", place, minimum=0, maximum=10**6),
        )

    def expected(self, value: object) -> Mapping[str, int] | None:
        place, kinds = "expect", tuple(str(kind) for kind in BreachKind)
        if value is None:
            return None
        if value == "none":
            return dict.fromkeys(kinds, 0)
        if not isinstance(value, dict):
            raise self.error(place, 'must be "none" or a table of exact counts')
        self.closed(value, kinds, place)
        counts = {key: self.number(value, key, place, minimum=0, maximum=MAX_LIMIT) for key in value}
        return dict.fromkeys(kinds, 0) | counts
