"""What a user gives a simulation by mistake is refused in words, not with an exception of its inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.feeds.level_frames import levels_of_changes, resample
from obengine.feeds.lobster import read_lobster, read_lobster_days
from obengine.simulation.simulation import Simulation
from obengine.simulation.strategy import Strategy
from tests.unit.engine.simulation.made_recordings import BUY, SELL, Planned, add, recorded

RECORDING = recorded((10, add(1, BUY, 10, 100)), (20, add(2, SELL, 10, 105)), (90, add(3, BUY, 1, 1)))


def methods(*names: str) -> Strategy:
    """A strategy with further methods of these names."""
    made: Strategy = type("Maker", (Strategy,), {name: lambda self, *_: None for name in names})()
    return made


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("on_tuch", "on_touch"),
        ("onTouch", "on_touch"),
        ("on_trades", "on_trade"),
        ("on_filled", "on_fill"),
        ("on_started", "on_start"),
    ],
)
def test_a_misspelt_method_is_refused_with_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(WorkloadError, match=f"Maker.{name} is never called: did you mean '{meant}'"):
        Simulation(RECORDING, methods(name))


def test_helpers_have_any_other_name() -> None:
    Simulation(RECORDING, methods("on_touch", "on_quote", "once", "touch", "on_new_bar"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategy": Planned}, r"Planned is a class; a simulation needs a Planned\(\)"),
        ({"strategy": 7}, "a int is not an obengine.Strategy"),
        ({"latency": 1}, "latency is an obengine.Latency, not 1"),
        ({"fees": 0.2}, "fees is an obengine.Fees, not 0.2"),
        ({"seed": "7"}, "seed: '7' is not a whole number"),
    ],
)
def test_settings_of_other_types_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        Simulation(RECORDING, **({"strategy": Strategy()} | arguments))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda market: market.submit(BUY, 10.5, 100), "the lots of an order: 10.5 is not a whole number"),
        (lambda market: market.submit(BUY, 1, 100.0), "the limit price of an order: 100.0 is not a whole"),
        (lambda market: market.submit(BUY, 0, 100), r"the lots of an order are 1 to 2\^53, not 0"),
        (lambda market: market.submit(BUY, 1, -(2**63)), r"the limit price of an order is below 2\^62 ticks"),
        (lambda market: market.submit(BUY, 1, 100, symbol="A"), "the symbol of an order: 'A'"),
        (lambda market: market.replace(1, 1, "5"), "the limit price of an order: '5'"),
        (lambda market: market.set_timer(1.5), "the time of a timer: 1.5"),
        (lambda market: market.random(2.0), "a bound: 2.0"),
    ],
)
def test_numbers_of_an_order_are_whole(act: Callable[[Any], object], message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        Simulation(RECORDING, Planned([(50, act)])).run()


def test_whole_numbers_of_numpy_are_whole() -> None:
    plan = [(50, lambda market: market.submit(SELL, np.uint8(3), np.int64(100)))]
    result = Simulation(RECORDING, Planned(plan), seed=np.int64(2)).run()  # type: ignore[arg-type]
    assert result.positions["position_lots"].tolist() == [-3]


def test_numbers_of_frames_are_whole() -> None:
    with pytest.raises(WorkloadError, match="the number of levels: '5' is not a whole number"):
        levels_of_changes(RECORDING.changes, "5")  # type: ignore[arg-type]
    with pytest.raises(WorkloadError, match="every_ns: '1s' is not a whole number"):
        resample(levels_of_changes(RECORDING.changes, 1), "1s")  # type: ignore[arg-type]
    with pytest.raises(WorkloadError, match=r"every_ns: 0\.5 is not a whole number"):
        Simulation(RECORDING, Strategy()).run().pnl(0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("read", [read_lobster, read_lobster_days])
def test_a_path_may_be_text(read: Callable[[str], object], tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"none\.zip"):
        read(str(tmp_path / "none.zip"))
