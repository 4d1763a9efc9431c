"""The table of what the engine knows: a feature without a test that proves it has no row."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from obengine.api.messages import (
    BandMode,
    Matching,
    OrderFlag,
    OrderKind,
    Rule,
    SelfTrade,
    StateFlag,
    TimeInForce,
    TradingState,
)

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "engine.md").read_text("utf-8")
ROWS: Final = re.findall(r"^\| ([^|]+) \| `(test_\w+)` \|(.*)\|$", PAGE, re.MULTILINE)
FOLDERS: Final = ("unit/engine", "property", "differential")


def engine_test_names() -> set[str]:
    """The names of the functions that pytest collects for the engine."""
    found: set[str] = set()
    for folder in FOLDERS:
        for path in (ROOT / "tests" / folder).rglob("test_*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 15
    assert len({feature for feature, _, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("feature", "name"), [(feature, name) for feature, name, _ in ROWS])
def test_each_feature_has_its_test(feature: str, name: str) -> None:
    assert name in engine_test_names(), feature


def test_each_row_speaks_of_all_five_others() -> None:
    for feature, _, others in ROWS:
        assert len(others.split("|")) == 5, feature


@pytest.mark.parametrize(
    ("member", "word"),
    [
        (OrderKind.MARKET, "market orders"),
        (OrderKind.STOP, "stop,"),
        (OrderKind.STOP_LIMIT, "stop-limit"),
        (OrderKind.TRAILING_STOP, "trailing stop,"),
        (OrderKind.TRAILING_STOP_LIMIT, "trailing stop-limit"),
        (TimeInForce.IOC, "immediate or cancel"),
        (TimeInForce.FOK, "fill or kill"),
        (TimeInForce.AON, "all or none"),
        (TimeInForce.GTD, "GTD"),
        (TimeInForce.ON_OPEN, "limit-on-open"),
        (TimeInForce.ON_CLOSE, "limit-on-close"),
        (StateFlag.UNCROSS, "ends in a halt"),
        (OrderFlag.POST_ONLY, "post-only"),
        (OrderFlag.SLIDE, "slides"),
        (OrderFlag.HIDDEN, "hidden"),
        (OrderFlag.TOTAL, "by total"),
        (OrderFlag.TO_LIMIT, "market-to-limit"),
        (OrderFlag.IMBALANCE_ONLY, "imbalance-only"),
        (SelfTrade.NEWEST, "self-trade prevention"),
        (TradingState.HALT, "trading halt"),
        (TradingState.AUCTION, "call auction"),
        (BandMode.REJECT, "price bands that reject"),
        (BandMode.PAUSE, "trading pauses"),
        (Matching.PRO_RATA, "pro-rata matching"),
        (Rule.STEPS_FROM, "tables of price steps"),
    ],
)
def test_what_the_records_can_say_is_in_the_table(member: int, word: str) -> None:
    assert any(word in feature for feature, _, _ in ROWS), member
