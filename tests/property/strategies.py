"""What the engine's property tests draw from: command streams, sane, edgy and nonsensical."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from obengine.messages import COMMAND, MAX_ID, MAX_QTY, NO_PRICE, Commands, Op

SYMBOLS = 2
"""The books of the property tests have this many symbols."""

Fields = tuple[int, int, int, int, int, int, int, int, int, int]

_ids = st.one_of(st.integers(0, 12), st.sampled_from([MAX_ID, MAX_ID - 1, 2**63]))
_prices = st.one_of(st.integers(-4, 4), st.sampled_from([2**63 - 1, NO_PRICE + 1]))
_lots = st.one_of(st.integers(1, 9), st.just(MAX_QTY))
_symbols = st.integers(0, SYMBOLS - 1)
_owners = st.integers(0, 2**32 - 1)
_bit = st.integers(0, 1)
_byte = st.integers(0, 255)


def _limit_orders() -> st.SearchStrategy[Fields]:
    return st.tuples(
        st.just(int(Op.NEW)), _bit, st.just(0), _bit, _symbols, st.just(0), _lots, _owners, _ids, _prices
    )


def _market_orders() -> st.SearchStrategy[Fields]:
    fixed = st.just(0)
    return st.tuples(fixed, _bit, st.just(1), _bit, _symbols, fixed, _lots, _owners, _ids, st.just(NO_PRICE))


def _named(op: Op, lots: st.SearchStrategy[int]) -> st.SearchStrategy[Fields]:
    return st.tuples(
        st.just(int(op)), _byte, _byte, _byte, _symbols, st.just(0), lots, _owners, _ids, _prices
    )


def _edgy() -> st.SearchStrategy[Fields]:
    """Each field is likely right and sometimes wrong, so that rules meet in one command."""
    return st.tuples(
        st.integers(0, 4),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, SYMBOLS),
        st.sampled_from([0, 0, 0, 1, 2**16 - 1]),
        st.sampled_from([-(2**31), -1, 0, 1, 5, MAX_QTY]),
        _owners,
        _ids,
        st.one_of(_prices, st.just(NO_PRICE)),
    )


def command_fields() -> st.SearchStrategy[Fields]:
    """One command: mostly one that does something, sometimes an edgy one."""
    return st.one_of(
        _limit_orders(),
        _limit_orders(),
        _market_orders(),
        _named(Op.CANCEL, st.one_of(st.just(0), _lots)),
        _named(Op.MODIFY, _lots),
        _named(Op.EXECUTE, _lots),
        _edgy(),
    )


def command_streams(max_size: int = 60) -> st.SearchStrategy[Commands]:
    """A batch of commands over few ids, prices and symbols, so that they meet."""
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
