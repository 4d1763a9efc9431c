"""The window of a LOBSTER file, one rule at a time: commands and causes of each kind of row."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import COMMAND, Op, Side
from obengine.feeds.lobster_window import NO_ASK, NO_BID, UNNAMED, Cause, Window

SEED_ROW = [10_200, 3, 10_000, 10, 10_300, 4, 9_900, 6]


def message(kind: int, order_id: int, size: int, price: int, direction: int) -> list[int]:
    return [0, kind, order_id, size, price, direction, 0]


@pytest.fixture
def window() -> Window:
    """Two levels; order 7 holds all 10 lots of the best bid, the rest is unnamed."""
    made = Window(2)
    assert made.seed(message(1, 7, 10, 10_000, 1), SEED_ROW) == Cause.SEED
    return made


def commands(window: Window) -> list[tuple[Op, Side, int, int]]:
    """Operation, side, lots and order id of each command after the seed's four."""
    records = np.frombuffer(window.commands, COMMAND)[4:]
    return [(Op(r["op"]), Side(r["side"]), int(r["qty_lots"]), int(r["order_id"])) for r in records]


def test_the_seed_is_one_order_a_level_and_the_first_message_by_name(window: Window) -> None:
    records = np.frombuffer(window.commands, COMMAND)
    assert records["price_ticks"].tolist() == [10_200, 10_300, 10_000, 9_900]
    assert records["order_id"].tolist() == [UNNAMED, UNNAMED + 1, 7, UNNAMED + 2]
    assert window.touch() == (10_200, 3, 10_000, 10)


def test_a_first_message_that_shares_its_level() -> None:
    window = Window(1)
    window.seed(message(1, 7, 4, 10_000, 1), SEED_ROW[:4])
    records = np.frombuffer(window.commands, COMMAND)
    assert records["qty_lots"].tolist() == [3, 6, 4]
    assert records["order_id"].tolist() == [UNNAMED, UNNAMED + 1, 7]


def test_a_new_level_pushes_the_last_one_out(window: Window) -> None:
    row = [10_100, 9, 10_000, 10, 10_200, 3, 9_900, 6]
    assert window.step(message(1, 8, 9, 10_100, -1), row) == 0
    assert commands(window) == [(Op.NEW, Side.SELL, 9, 8), (Op.CANCEL, Side.SELL, 0, UNNAMED + 1)]


def test_a_missing_tail_level_is_adopted_and_no_other(window: Window) -> None:
    row = [10_200, 3, 9_900, 6, 10_300, 4, 9_800, 1]
    assert window.step(message(3, 7, 10, 10_000, 1), row) == Cause.ADOPTED_TAIL_LEVEL
    assert commands(window) == [(Op.CANCEL, Side.BUY, 0, 7), (Op.NEW, Side.BUY, 1, UNNAMED + 3)]


def test_a_missing_best_level_is_never_adopted(window: Window) -> None:
    row = [10_200, 3, 9_950, 2, 10_300, 4, 9_900, 6]
    assert window.step(message(3, 7, 10, 10_000, 1), row) == Cause.UNEXPLAINED
    assert commands(window) == [(Op.CANCEL, Side.BUY, 0, 7)]


def test_partial_cancels_and_executions_of_known_orders(window: Window) -> None:
    row = [10_200, 3, 10_000, 8, 10_300, 4, 9_900, 6]
    assert window.step(message(2, 7, 2, 10_000, 1), row) == 0
    row = [10_200, 3, 10_000, 3, 10_300, 4, 9_900, 6]
    assert window.step(message(4, 7, 5, 10_000, 1), row) == 0
    assert commands(window) == [(Op.CANCEL, Side.BUY, 2, 7), (Op.EXECUTE, Side.BUY, 5, 7)]
    assert (window.executions, window.head_executions) == (1, 1)


def test_orders_that_were_never_seen_act_on_the_unnamed_one(window: Window) -> None:
    row = [10_200, 1, 10_000, 10, 10_300, 4, 9_900, 6]
    assert window.step(message(4, 555, 2, 10_200, -1), row) == Cause.UNSEEN_ORDER
    assert commands(window) == [(Op.EXECUTE, Side.SELL, 2, UNNAMED)]


def test_an_order_that_left_the_window_differs_from_one_never_seen(window: Window) -> None:
    window.step(message(1, 8, 9, 10_250, -1), [10_200, 3, 10_000, 10, 10_250, 9, 9_900, 6])
    window.step(message(1, 9, 1, 10_100, -1), [10_100, 1, 10_000, 10, 10_200, 3, 9_900, 6])
    window.step(message(3, 9, 1, 10_100, -1), [10_200, 3, 10_000, 10, 10_250, 9, 9_900, 6])
    cause = window.step(message(2, 8, 4, 10_250, -1), [10_200, 3, 10_000, 10, 10_250, 5, 9_900, 6])
    assert cause == Cause.LEFT_WINDOW
    assert commands(window)[-1] == (Op.CANCEL, Side.SELL, 4, UNNAMED + 3)


def test_what_lies_outside_the_window_gives_no_command(window: Window) -> None:
    assert window.step(message(1, 8, 9, 10_400, -1), SEED_ROW) == Cause.OUTSIDE_WINDOW
    assert window.step(message(3, 8, 9, 10_400, -1), SEED_ROW) == Cause.OUTSIDE_WINDOW
    assert commands(window) == []


def test_sizes_beyond_what_is_open_are_cut_to_it(window: Window) -> None:
    row = [10_200, 3, 9_900, 6, 10_300, 4, 9_800, 1]
    cause = window.step(message(4, 7, 11, 10_000, 1), row)
    assert cause == Cause.SIZE_DIFFERS | Cause.ADOPTED_TAIL_LEVEL
    cause = window.step(message(2, 555, 99, 10_300, -1), [*row[:4], NO_ASK, 0, *row[6:]])
    assert cause == Cause.UNSEEN_ORDER | Cause.UNNAMED_SHORT
    assert commands(window)[-1] == (Op.CANCEL, Side.SELL, 0, UNNAMED + 1)


@pytest.mark.parametrize(
    ("kind", "cause"), [(5, Cause.HIDDEN_EXECUTION), (6, Cause.CROSS_TRADE), (7, Cause.HALT)]
)
def test_messages_that_change_no_resting_order(window: Window, kind: int, cause: Cause) -> None:
    assert window.step(message(kind, 0, 5, 1, -1), SEED_ROW) == cause
    assert commands(window) == []


def test_adds_that_cross_or_repeat_an_id_are_held_back(window: Window) -> None:
    assert window.step(message(1, 8, 9, 10_200, 1), SEED_ROW) == Cause.CROSSING_ADD
    assert window.step(message(1, 7, 9, 10_000, 1), SEED_ROW) == Cause.DUPLICATE_ID
    assert commands(window) == []


def test_a_halt_names_differences_until_trading_resumes(window: Window) -> None:
    other = [10_200, 3, 10_000, 11, *SEED_ROW[4:]]
    assert window.step(message(7, 0, 0, -1, -1), SEED_ROW) == Cause.HALT
    assert window.step(message(5, 0, 1, 1, 1), other) == Cause.HALT | Cause.HIDDEN_EXECUTION
    assert window.step(message(7, 0, 0, 1, -1), SEED_ROW) == Cause.HALT
    assert window.step(message(5, 0, 1, 1, 1), other) == Cause.UNEXPLAINED | Cause.HIDDEN_EXECUTION


def test_a_restart_takes_the_row_but_not_a_crossed_one(window: Window) -> None:
    window.restart([10_000, 1, 10_000, 1, NO_ASK, 0, NO_BID, 0])
    assert commands(window) == []
    window.restart([10_500, 1, 10_400, 2, NO_ASK, 0, NO_BID, 0])
    assert window.touch() == (10_500, 1, 10_400, 2)
    assert [op for op, *_ in commands(window)] == [Op.CANCEL] * 4 + [Op.NEW] * 2


def test_one_side_may_be_empty() -> None:
    window = Window(1)
    window.seed(message(5, 0, 1, 1, 1), [NO_ASK, 0, 10_000, 1])
    assert window.touch() == (NO_ASK, 0, 10_000, 1)
    assert window.step(message(3, 5, 1, 10_000, 1), [NO_ASK, 0, NO_BID, 0]) == Cause.UNSEEN_ORDER
    assert window.touch() == (NO_ASK, 0, NO_BID, 0)
