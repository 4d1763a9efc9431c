"""Replays with a strategy: recorded, and reproduced by the user's code, which a flag names."""

from __future__ import annotations

import csv
import hashlib
import os
import py_compile
import sys
from pathlib import Path

import pytest

from obengine.feeds.lobster_sample import write_lobster_sample
from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.api import run_modes
from obrelease.api.reproduce_run import ReproductionReport
from obrelease.errors import NotFound, NotReproduced, UsageError
from obrelease.models.artefact import Producer
from obrelease.recorder.replay import record_replay
from obrelease.recorder.reproduce import reproduce
from obrelease.recorder.simulation_settings import SimulationSettings, load_recorded_strategy
from obrelease.recorder.strategy_code import load_strategy
from obrelease.registry.check_folder import check_folder
from obrelease.registry.store import Registry
from tests.drafts import draft

PRODUCER = Producer(name="obrelease", version="0.9")
MAKER = '''
from obengine import NO_PRICE, Side, Strategy

class Maker(Strategy):
    """Buys and sells at the touch, once it has seen ten trades."""

    lots = 10
    seen = 0

    def on_trade(self, market, trade):
        self.seen += 1
        if self.seen % 10 == 0:
            for order in market.orders():
                market.cancel(order.order_id)
            touch = market.touch(trade.symbol)
            for side, price in ((Side.BUY, touch.bid_ticks), (Side.SELL, touch.ask_ticks)):
                if price != NO_PRICE:
                    market.submit(side, self.lots, price, symbol=trade.symbol)
'''


@pytest.fixture
def maker(tmp_path: Path) -> Path:
    """A file with strategies."""
    path = tmp_path / "made_maker.py"
    path.write_text(MAKER)
    return path


def test_a_strategy_is_recorded_and_reproduced_by_the_code_that_the_user_names(
    tmp_path: Path, maker: Path
) -> None:
    registry = Registry(tmp_path / "r")
    (tmp_path / "data").mkdir()
    data = write_lobster_sample(tmp_path / "data", rows=900)
    latency, fees = "feed=1000,order=2000,jitter=500", "maker_per_lot=-0.2,taker_ppm=100"
    entry = record_replay(
        registry,
        path=data,
        core="reference",
        passes=1,
        simulation=SimulationSettings(f"{maker}:Maker", latency=latency, fees=fees, seed=5),
        created_ns=1,
        producer=PRODUCER,
    )
    artefact = registry.load(entry)
    assert artefact.command[-10:] == (
        *("--strategy", "made_maker.py:Maker", "--queue", "exact", "--latency", latency),
        *("--fees", fees, "--seed", "5"),
    )
    assert command_of(artefact) == artefact.command
    assert str(tmp_path) not in (entry.folder / "artefact.json").read_text()
    assert not check_folder(entry.folder).problems
    with (entry.folder / "strategy-fills.csv").open() as file:
        fills = list(csv.DictReader(file))
    assert len(fills) > 5
    signs = {"buy": 1, "sell": -1}
    held = sum(signs[fill["side"]] * int(fill["lots"]) for fill in fills)
    with (entry.folder / "strategy-pnl.csv").open() as file:
        profit = int(list(csv.DictReader(file))[-1]["pnl"])
    result = str(artefact.parameters["strategy-result"])
    sign = "-" if profit < 0 else ""
    assert result.startswith(f"profit {sign}${abs(profit) / 10_000:,.2f}, position {held:,} shares, ")
    assert f" {len(fills)} fills (" in result

    again = reproduce(registry, entry, trace=data, strategy=f"{maker}:Maker").simulation
    assert again is not None
    assert again.reproduced
    assert again.fills == len(fills)

    with pytest.raises(UsageError, match="whose code is not in the artefact"):
        reproduce(registry, entry, trace=data)
    maker.write_text(MAKER.replace("lots = 10", "lots = 11"))
    report = ReproductionReport(entry, reproduce(registry, entry, trace=data, strategy=f"{maker}:Maker"))
    with pytest.raises(NotReproduced, match="gave other fills") as caught:
        report.require_reproduced()
    assert "source of the strategy is not the recorded one" in str(caught.value.hint)
    assert report.to_json()["simulation"]["strategy"] == "made_maker.py:Maker"


def test_a_run_without_a_strategy_takes_none() -> None:
    artefact = draft(scenario="baseline")
    with pytest.raises(UsageError, match="the run has no strategy"):
        load_recorded_strategy(artefact, "maker.py:Maker")
    assert load_recorded_strategy(artefact, None) is None


@pytest.mark.parametrize(
    ("spec", "error", "reason"),
    [
        ("made_maker", UsageError, "names no function"),
        ("made_maker.py:", UsageError, "names no function"),
        ("absent.py:Maker", NotFound, "no such file"),
        ("absent_module_of_nobody:Maker", NotFound, "no installed module"),
        ("a b:Maker", UsageError, "is not the name of a module"),
        ("json:absent", UsageError, "has no function"),
    ],
)
def test_code_that_is_not_there(spec: str, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        load_strategy(spec)


def test_a_module_of_the_current_folder_needs_its_file_name(
    maker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(maker.parent)
    for entry in ("", os.curdir, str(maker.parent)):
        monkeypatch.setattr(sys, "path", [entry, *sys.path])
        with pytest.raises(NotFound, match="no installed module made_maker"):
            load_strategy("made_maker:Maker")
    assert load_strategy("made_maker.py:Maker").name == "made_maker.py:Maker"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"latency": "feed"}, "'feed' is not understood"),
        ({"latency": "feed=1,feed=2"}, "'feed=2' is not understood"),
        ({"latency": "feed=0.5"}, "not a whole number"),
        ({"latency": "feed=-1"}, "feed_ns is -1"),
        ({"fees": "maker_per_lot=nan"}, "is not understood"),
    ],
)
def test_settings_that_mean_nothing(
    tmp_path: Path, maker: Path, settings: dict[str, object], reason: str
) -> None:
    code = load_strategy(f"{maker}:Maker")
    with pytest.raises(UsageError, match=reason):
        SimulationSettings(code.name, **settings).plan(code)  # type: ignore[arg-type]


def test_settings_without_a_strategy_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="are of a strategy"):
        run_modes.run_replay(core="reference", passes=1, seed=3, project=tmp_path)


def test_bytecode_beside_a_strategy_is_not_run(tmp_path: Path) -> None:
    """Of the same size and time as the file, it would pass for its code; the digest is of the file."""
    path = tmp_path / "made.py"
    path.write_text("def made(): return 1\n")
    py_compile.compile(str(path), doraise=True)
    assert load_strategy(f"{path}:made").make() == 1
    before = path.stat()
    path.write_text("def made(): return 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    code = load_strategy(f"{path}:made")
    assert code.make() == 2
    assert code.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
