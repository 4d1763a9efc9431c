"""A snapshot that no book can have given is refused by the rule that it breaks, and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from obengine.api.errors import SnapshotError, SymbolError
from obengine.api.messages import NO_PRICE, BandMode, Matching
from obengine.api.orders import new_order
from obengine.api.protocol import RULE, Snapshot
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import AON, AUCTION, BUY, GTD, SELL, BookDriver


def rich_scene() -> BookDriver:
    """Orders 1 iceberg, 2 hidden, 3 AON, 4 plain sell, 5 GTD, 6 stop, 7 trailing stop-limit; an auction."""
    driver = BookDriver(symbols=3)
    driver.new(1, BUY, 9, 100, display_lots=2)
    driver.new(2, BUY, 9, 100, hidden=True)
    driver.new(3, BUY, 9, 100, tif=AON)
    driver.new(4, SELL, 9, 105)
    driver.new(5, SELL, 9, 106, tif=GTD, expiry_ns=50)
    driver.execute(4, 1)
    driver.new(6, BUY, 9, trigger_ticks=200)
    driver.new(7, SELL, 9, 1, trail_ticks=20)
    driver.state(AUCTION, symbol=1)
    driver.clock(30)
    return driver


ROW_OF = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6}


@pytest.mark.parametrize(
    ("order_id", "field", "value", "rule"),
    [
        (4, "side", 2, "side"),
        (1, "queue", 4, "queue"),
        (1, "kind", 1, "waiting orders are stops"),
        (6, "kind", 0, "waiting orders are stops"),
        (1, "tif", 1, "tif"),
        (3, "tif", 0, "tif"),
        (1, "flags", 1, "flags"),
        (1, "flags", 4, "flags"),
        (1, "flags", 8, "flags"),
        (2, "flags", 0, "flags"),
        (4, "flags", 5 << 4, "flags"),
        (6, "flags", 8, "flags"),
        (7, "flags", 2, "flags"),
        (4, "open_lots", 0, "open_lots"),
        (2, "display_lots", 1, "display_lots"),
        (1, "display_lots", -1, "display_lots"),
        (6, "display_lots", 1, "display_lots"),
        (1, "shown_lots", 3, "shown_lots"),
        (1, "shown_lots", 0, "shown_lots"),
        (4, "shown_lots", 1, "shown_lots"),
        (2, "shown_lots", 9, "shown_lots"),
        (1, "price_ticks", NO_PRICE, "price_ticks"),
        (6, "price_ticks", 1, "price_ticks"),
        (1, "trigger_ticks", 1, "trigger"),
        (6, "trigger_ticks", NO_PRICE, "trigger"),
        (6, "trail_ticks", 1, "trigger"),
        (7, "trail_ticks", 0, "trigger"),
        (5, "expiry_ns", 30, "expiry_ns"),
        (4, "expiry_ns", 99, "expiry_ns"),
        (1, "price_ticks", 99, "canonical order"),
        (4, "symbol", 1, "canonical order"),
        (1, "order_id", 2, "ids are unique"),
        (4, "price_ticks", 100, "not crossed"),
    ],
)
def test_an_invalid_order_record_is_rejected(order_id: int, field: str, value: int, rule: str) -> None:
    snapshot = rich_scene().book.snapshot()
    snapshot.orders[field][ROW_OF[order_id]] = value
    assert_refused(snapshot, rule)


@pytest.mark.parametrize(
    ("part", "field", "value", "rule"),
    [
        ("engine", "extended", 2, "extended"),
        ("engine", "trade_window", 2**20 + 1, "trade_window"),
        ("engine", "min_lots", 1, "parameters"),
        ("symbols", "symbol", 1, "by symbol"),
        ("symbols", "state", 3, "state"),
        ("symbols", "has_last", 2, "has_last"),
        ("symbols", "price_step", 1, "a step is not 1"),
        ("symbols", "lot_step", 1, "a step is not 1"),
        ("symbols", "last_ticks", NO_PRICE, "last_ticks"),
        ("symbols", "has_last", 0, "last_ticks"),
    ],
)
def test_an_invalid_engine_or_symbol_record_is_rejected(part: str, field: str, value: int, rule: str) -> None:
    snapshot = rich_scene().book.snapshot()
    getattr(snapshot, part)[field][0] = value
    assert_refused(snapshot, rule)


def test_a_record_of_a_symbol_in_initial_state_is_rejected() -> None:
    snapshot = rich_scene().book.snapshot()
    snapshot.symbols["state"][1] = 0
    assert_refused(snapshot, "initial state")


@pytest.mark.parametrize(
    "change",
    [
        {"engine": np.zeros(0, np.uint8)},
        {"orders": np.zeros((1, 1), np.uint8)},
        {"next_sequence": -1},
        {"next_sequence": 2**63},
    ],
)
def test_an_object_with_wrong_arrays_is_rejected(change: dict[str, Any]) -> None:
    assert_refused(replace(rich_scene().book.snapshot(), **change), "snapshot")


def banded_scene() -> BookDriver:
    """The rich scene with a band of symbol 0 and one of symbol 1."""
    driver = rich_scene()
    for symbol in range(2):
        driver.book.set_band(BandMode.REJECT, 100, 5, symbol=symbol)
    return driver


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("rule", 9, "rule is a Rule"),
        ("symbol", 2, "by symbol and rule"),
        ("symbol", 1, "by symbol and rule"),
        ("detail", 0, "detail fits"),
        ("detail", 9, "detail fits"),
        ("price_ticks", NO_PRICE, "have a price"),
        ("value", 2**63, "a width"),
        ("lots", 1, "unused"),
        ("number", 1, "unused"),
        ("reserved", 1, "unused"),
        ("value", 0, None),
        ("price_ticks", 90, "outside the band"),
        ("price_ticks", 111, "outside the band"),
    ],
)
def test_an_invalid_rule_record_is_rejected(field: str, value: int, rule: str | None) -> None:
    snapshot = banded_scene().book.snapshot()
    snapshot.rules[field][0] = value
    if rule is None:
        ReferenceBook(3).restore(snapshot)
    else:
        assert_refused(snapshot, rule)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("price_ticks", 9, "rows by price"),
        ("price_ticks", NO_PRICE + 1, "first of its table"),
        ("detail", 1, "detail fits"),
        ("lots", 0, "has steps"),
        ("number", 65_536, "has steps"),
        ("value", 1, "unused"),
    ],
)
def test_an_invalid_row_of_a_table_is_rejected(field: str, value: int, rule: str) -> None:
    driver = rich_scene()
    for price in (5, 9):
        driver.book.set_steps_from(price, price_step_ticks=2)
    snapshot = driver.book.snapshot()
    snapshot.rules[field][0] = value
    assert_refused(snapshot, rule)


@pytest.mark.parametrize(
    ("at", "field", "value", "rule"),
    [
        (0, "lots", 0, "has times"),
        (0, "number", 0, "has times"),
        (0, "detail", 1, "unused|timer fits"),
        (1, "price_ticks", 1, "others have none"),
        (1, "lots", 1, "unused"),
        (1, "detail", 2, "timer fits"),
        (1, "detail", 3, "timer fits"),
        (1, "rule", 127, "a RuleState"),
    ],
)
def test_an_invalid_limit_state_is_rejected(at: int, field: str, value: int, rule: str) -> None:
    driver = rich_scene()
    driver.book.set_band(BandMode.PAUSE, 100, 5, symbol=2)
    driver.new(1, BUY, 1, 105, symbol=2)
    snapshot = driver.book.snapshot()
    ReferenceBook(3).restore(snapshot)
    snapshot.rules[field][at] = value
    assert_refused(snapshot, rule)


@pytest.mark.parametrize(
    ("at", "field", "value", "rule"),
    [
        (0, "detail", 0, "detail fits"),
        (0, "lots", -1, "least allocation"),
        (0, "value", 1, "unused"),
        (0, "rule", 128, "a timer fits|displayed"),
        (1, "value", 2, "first of its displayed queue"),
        (1, "value", 3, "top order"),
        (1, "value", 4, "top order"),
        (1, "detail", 1, "by symbol and rule|top order"),
        (1, "price_ticks", 1, "others have none"),
        (1, "lots", 1, "unused"),
    ],
)
def test_an_invalid_top_order_is_rejected(at: int, field: str, value: int, rule: str) -> None:
    driver = rich_scene()
    driver.book.set_matching(Matching.PRO_RATA, symbol=2)
    driver.new(1, BUY, 1, 105, symbol=2)
    driver.new(2, BUY, 1, 105, symbol=2)
    driver.new(3, BUY, 1, 106, symbol=2, hidden=True)
    snapshot = driver.book.snapshot()
    ReferenceBook(3).restore(snapshot)
    snapshot.rules[field][at] = value
    assert_refused(snapshot, rule)


def test_a_pause_of_a_symbol_that_is_open_is_rejected() -> None:
    driver = rich_scene()
    driver.book.set_band(BandMode.PAUSE, 100, 5, limit_ms=1, symbol=2)
    driver.new(1, BUY, 1, 105, symbol=2)
    driver.clock(30 + 1_000_000)
    snapshot = driver.book.snapshot()
    ReferenceBook(3).restore(snapshot)
    assert_refused(replace(snapshot, symbols=snapshot.symbols[:-1]), "timer fits")


def test_a_table_of_more_than_64_rows_is_rejected() -> None:
    snapshot = rich_scene().book.snapshot()
    rules = np.zeros(64, RULE)
    rules["rule"], rules["lots"], rules["number"], rules["price_ticks"] = 1, 1, 1, range(64)
    assert_refused(replace(snapshot, rules=rules), "64 rows")
    ReferenceBook(3).restore(replace(snapshot, rules=rules[:63]))


def test_a_second_engine_record_is_rejected() -> None:
    snapshot = rich_scene().book.snapshot()
    assert_refused(replace(snapshot, engine=np.repeat(snapshot.engine, 2)), "2 records")


def test_an_unknown_symbol_is_rejected() -> None:
    with pytest.raises(SymbolError, match="symbol 1"):
        ReferenceBook(1).restore(rich_scene().book.snapshot())


def test_a_pending_extension_outlives_a_restore() -> None:
    driver, other = BookDriver(), BookDriver()
    iceberg = new_order(1, BUY, 9, 100, display_lots=2)
    driver.book.book.apply(iceberg[:1])
    other.book.restore(driver.book.snapshot())
    assert driver.rows_of(other.book.apply(iceberg[1:])) == [("accepted", 1, 9, 100)]
    assert other.rows() == [(1, 9, 2, 100)]


def assert_refused(snapshot: Snapshot, rule: str) -> None:
    driver = rich_scene()
    before = driver.book.book.state_digest()
    with pytest.raises(SnapshotError, match=rule):
        driver.book.restore(snapshot)
    assert driver.book.book.state_digest() == before
