"""What the engine's property tests draw from: command streams, sane, edgy and nonsensical."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import strategies as st

from obengine.api.messages import (
    ALL_SYMBOLS,
    COMMAND,
    MAX_ID,
    MAX_QTY,
    NO_PRICE,
    Commands,
    Op,
    OrderFlag,
    OrderKind,
    TimeInForce,
)

SYMBOLS = 2
"""The books of the property tests have this many symbols."""

Fields = tuple[int, int, int, int, int, int, int, int, int, int]
Step = list[Fields]
"""Commands that belong together: an EXTEND and its NEW, or one alone."""

_ids = st.one_of(st.integers(0, 12), st.sampled_from([MAX_ID, MAX_ID - 1, 2**63]))
_special_ids = st.integers(1, 16)
_prices = st.one_of(st.integers(-4, 4), st.sampled_from([2**63 - 1, NO_PRICE + 1]))
_lots = st.one_of(st.integers(1, 9), st.just(MAX_QTY))
_symbols = st.integers(0, SYMBOLS - 1)
_owners = st.integers(0, 2**32 - 1)
_few_owners = st.integers(0, 2)
_bit = st.integers(0, 1)
_byte = st.integers(0, 255)
_times = st.one_of(st.integers(0, 20), st.integers(0, 6).map(lambda ms: ms * 10**6))


def _limit_orders() -> st.SearchStrategy[Fields]:
    return st.tuples(
        st.just(int(Op.NEW)), _bit, st.just(0), _bit, _symbols, st.just(0), _lots, _few_owners, _ids, _prices
    )


def _market_orders() -> st.SearchStrategy[Fields]:
    fixed = st.just(0)
    worst = st.one_of(st.just(NO_PRICE), _prices)
    return st.tuples(fixed, _bit, st.just(1), _bit, _symbols, fixed, _lots, _owners, _ids, worst)


def _named(op: Op, lots: st.SearchStrategy[int]) -> st.SearchStrategy[Fields]:
    return st.tuples(
        st.just(int(op)), _byte, _byte, _byte, _symbols, st.just(0), lots, _owners, _ids, _prices
    )


@st.composite
def special_orders(draw: st.DrawFn) -> Step:
    """A NEW that is mostly accepted and mostly not plain, behind its EXTEND where it needs one."""
    kind = draw(st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5]))
    more_tifs = [5, 5] * (kind == OrderKind.LIMIT) + [6, 6, 7, 7] * (kind <= OrderKind.MARKET)
    tif = draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4, *more_tifs]))
    lasting = tif in (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)
    lots = draw(st.one_of(st.integers(1, 20), st.just(MAX_QTY)))
    flags = draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4])) << 4
    flags |= draw(st.sampled_from([0, 0, int(OrderFlag.TOTAL)]))
    if kind == OrderKind.MARKET and lasting:
        flags |= draw(st.sampled_from([0, int(OrderFlag.TO_LIMIT)]))
    display = minimum = expiry = trigger = 0
    if tif > TimeInForce.AON and kind == OrderKind.LIMIT:
        flags |= draw(st.sampled_from([0, int(OrderFlag.IMBALANCE_ONLY)]))
    if lasting and kind == OrderKind.LIMIT:
        flags |= draw(
            st.sampled_from([0, 0, 0, int(OrderFlag.POST_ONLY), OrderFlag.POST_ONLY | OrderFlag.SLIDE])
        )
    if lasting and kind in (0, 3, 5):
        shape = draw(st.integers(0, 2))
        flags |= OrderFlag.HIDDEN * (shape == 1)
        display = draw(st.integers(1, min(lots, 5))) if shape == 2 else 0
    if kind <= 1 and tif < TimeInForce.FOK and not flags & OrderFlag.POST_ONLY:
        minimum = draw(st.sampled_from([0, 0, 0, 1, min(lots, 6), lots]))
    if tif == TimeInForce.GTD:
        expiry = draw(st.integers(1, 25))
    if kind >= OrderKind.STOP:
        trigger = draw(st.integers(1, 4) if kind >= OrderKind.TRAILING_STOP else _prices)
    price = draw(st.one_of(st.just(NO_PRICE), _prices)) if kind in (1, 2, 4) else draw(_prices)
    extended = display or minimum or expiry or kind >= OrderKind.STOP
    flags |= int(bool(extended))
    symbol, side, owner, order_id = draw(_symbols), draw(_bit), draw(_few_owners), draw(_special_ids)
    order: Fields = (0, side, kind, tif, symbol, flags, lots, owner, order_id, price)
    extend: Fields = (int(Op.EXTEND), 0, 0, 0, 0, 0, display, minimum, expiry, trigger)
    return [extend, order] if extended else [order]


@st.composite
def _amendments(draw: st.DrawFn) -> Step:
    """A MODIFY that gives a stop a new trigger or trail, mostly one that is allowed."""
    trigger = draw(st.one_of(st.integers(1, 4), _prices))
    named = (int(Op.MODIFY), 0, 0, 0, draw(_symbols), 1, draw(_lots), 0, draw(_special_ids), draw(_prices))
    extend: Fields = (int(Op.EXTEND), 0, 0, 0, 0, 0, draw(st.sampled_from([0, 0, 0, 1])), 0, 0, trigger)
    return [extend, named]


def _running() -> st.SearchStrategy[Fields]:
    """Trading states, mass cancels and the clock."""
    fixed = st.just(0)
    reference = st.one_of(st.just(NO_PRICE), _prices)
    where = st.one_of(_symbols, st.just(ALL_SYMBOLS))
    state = st.sampled_from([0, 0, 0, 1, 2, 2])
    return st.one_of(
        st.tuples(
            st.just(int(Op.STATE)), state, fixed, fixed, _symbols, fixed, fixed, fixed, _ids, reference
        ),
        st.sampled_from([(0, 0), (1, 4), (2, 0), (2, 1), (2, 1)]).flatmap(
            lambda to: st.tuples(
                st.just(int(Op.STATE)),
                st.just(to[0]),
                fixed,
                fixed,
                _symbols,
                st.just(to[1]),
                fixed,
                fixed,
                _ids,
                reference,
            )
        ),
        st.tuples(
            st.just(int(Op.STEPS)),
            _byte,
            _byte,
            _byte,
            _symbols,
            fixed,
            st.sampled_from([1, 1, 1, 2, 0]),
            st.sampled_from([1, 1, 2, 3]),
            _ids,
            _prices,
        ),
        _rules(),
        _rules(),
        st.tuples(
            st.sampled_from([int(Op.TRADE_WINDOW), int(Op.BUST), int(Op.BUST), int(Op.INDICATE)]),
            _byte,
            _byte,
            _byte,
            st.integers(0, 3),
            fixed,
            st.sampled_from([0, 1, 2, 50, 50, 2**20, 2**20 + 1]),
            _owners,
            st.integers(0, 40),
            _prices,
        ),
        st.tuples(st.just(int(Op.CLOCK)), _byte, fixed, fixed, _symbols, _bit, fixed, fixed, _times, _prices),
        st.tuples(
            st.just(int(Op.MASS_CANCEL)),
            st.integers(0, 2),
            fixed,
            fixed,
            where,
            fixed,
            fixed,
            _few_owners,
            _ids,
            _prices,
        ),
    )


def _rules() -> st.SearchStrategy[Fields]:
    """Price bands, rows of tables of steps and ways to match, some of them wrong."""
    fixed = st.just(0)
    mode, most = st.sampled_from([0, 1, 1, 2, 2, 2, 3]), st.sampled_from([0, 1, 2, 5, MAX_QTY])
    limit_ms, pause_ms = st.sampled_from([1, 1, 2, 0, MAX_QTY]), st.sampled_from([1, 1, 2, 0])
    width = st.one_of(st.integers(0, 5), st.sampled_from([2**63 - 1, 2**63]))
    rule = st.just(int(Op.RULE))
    steps, few = st.sampled_from([1, 1, 2, 3, 0]), st.sampled_from([0, 0, 1, 2, 3, -1])
    return st.one_of(
        st.tuples(rule, mode, st.just(0), _byte, _symbols, fixed, limit_ms, pause_ms, width, _prices),
        st.tuples(
            rule,
            st.sampled_from([1, 1, 1, 0, 2]),
            st.just(2),
            _byte,
            _symbols,
            fixed,
            few,
            most,
            _ids,
            _prices,
        ),
        st.tuples(rule, _byte, st.just(1), _byte, _symbols, fixed, steps, steps, _ids, _prices),
    )


def _edgy() -> st.SearchStrategy[Fields]:
    """Each field is likely right and sometimes wrong, so that rules meet in one command."""
    return st.tuples(
        st.integers(0, 10),
        st.integers(0, 3),
        st.integers(0, 6),
        st.integers(0, 8),
        st.integers(0, SYMBOLS),
        st.sampled_from([0, 0, 0, 1, 2, 6, 8, 9, 4, 0x10, 0x40, 0x50, 0x80, 2**16 - 1]),
        st.sampled_from([-(2**31), -1, 0, 1, 5, MAX_QTY]),
        st.one_of(_owners, st.integers(0, 3)),
        _ids,
        st.one_of(_prices, st.just(NO_PRICE)),
    )


def command_fields() -> st.SearchStrategy[Fields]:
    """One command of the plain book: mostly one that does something, sometimes an edgy one."""
    return st.one_of(
        _limit_orders(),
        _limit_orders(),
        _market_orders(),
        _named(Op.CANCEL, st.one_of(st.just(0), _lots)),
        _named(Op.MODIFY, _lots),
        _named(Op.EXECUTE, _lots),
    )


def steps(edgy: bool = True) -> st.SearchStrategy[Step]:
    """One step of any kind."""
    alone = [command_fields(), command_fields(), _running()]
    wild = [_edgy().map(_alone), st.tuples(_edgy(), _edgy()).map(list)] if edgy else []
    return st.one_of(
        special_orders(), special_orders(), _amendments(), *(one.map(_alone) for one in alone), *wild
    )


def command_streams(max_size: int = 60, edgy: bool = True) -> st.SearchStrategy[Commands]:
    """A batch of commands over few ids, prices and symbols, so that they meet."""
    return st.lists(steps(edgy), max_size=max_size).map(
        lambda rows: np.array(list(chain.from_iterable(rows)), COMMAND)
    )


def plain_streams(max_size: int = 60) -> st.SearchStrategy[Commands]:
    """The same of plain orders alone."""
    return st.lists(command_fields(), max_size=max_size).map(lambda rows: np.array(rows, COMMAND))


def nonsense(max_size: int = 20) -> st.SearchStrategy[Commands]:
    """Any bytes at all, read as command records."""
    size = COMMAND.itemsize
    return st.integers(0, max_size).flatmap(
        lambda n: st.binary(min_size=n * size, max_size=n * size).map(lambda raw: np.frombuffer(raw, COMMAND))
    )


def batch_cuts(commands: Commands, marks: list[int]) -> list[Commands]:
    """The stream cut into batches at the marks, taken modulo its length."""
    at = sorted({mark % (len(commands) + 1) for mark in marks})
    return [commands[start:stop] for start, stop in zip([0, *at], [*at, len(commands)], strict=True)]


def _alone(fields: Fields) -> Step:
    return [fields]
