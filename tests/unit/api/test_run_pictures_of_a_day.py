"""The pictures of a part of a replayed day, from a repeat of the replay that gives the recorded events."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from obengine.api.messages import EventKind, Side
from obengine.cores import make_book
from obengine.feeds.lobster import read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.harness.depth_map import depth_map, price_parts
from obrelease.api.run_pictures import plot_run
from obrelease.cli.app import execute
from obrelease.errors import NotFound, NotReproduced, UsageError
from obrelease.recorder import day_pictures
from obrelease.registry.store import Registry

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "results"
SVG = "{http://www.w3.org/2000/svg}"


def recorded(kind: str) -> str:
    return next(entry.digest for entry in Registry(RESULTS).find() if entry.kind == kind)


def texts(picture: bytes) -> set[str]:
    return {"".join(each.itertext()) for each in ET.fromstring(picture).iter(f"{SVG}text")}


def test_a_part_of_the_sample_is_drawn_with_its_own_times() -> None:
    found = plot_run(recorded("replay"), begin="09:30:10", end="09:30:20", registry=RESULTS)
    assert set(found) == {"touch.svg", "depth.svg", "depth-map.svg"}
    for name, picture in found.items():
        times = {each for each in texts(picture) if re.fullmatch(r"09:30:[0-9]{2}", each)}
        assert times, name
        assert times <= {f"09:30:{second}" for second in range(10, 21)}, name
    assert "price, $" in texts(found["depth-map.svg"])
    assert found == plot_run(recorded("replay"), begin="09:30:10", end="09:30:20", registry=RESULTS)


def test_the_heat_map_has_the_lots_of_the_book() -> None:
    day = read_pair(lobster_sample_pair())
    events = make_book("reference", 1).apply(day.commands)
    rows = np.array([0, 700, day.row_end.size - 1])
    prices = events["price_ticks"].astype(np.int64)
    edges = price_parts(int(prices.min()), int(prices.max()), prices, 10_000)
    found = depth_map(day.commands, events, day.row_end, rows, edges)
    for column, row in enumerate(rows.tolist()):
        book: dict[tuple[int, int], int] = {}
        for at in range(int(day.row_end[row])):
            key = (int(day.commands["side"][at]), int(prices[at]))
            sign = 1 if events["kind"][at] == EventKind.ACCEPTED else -1
            book[key] = book.get(key, 0) + sign * int(events["qty_lots"][at])
        for side, lots in ((Side.BUY, found.bid_lots), (Side.SELL, found.ask_lots)):
            held = {price: count for (of, price), count in book.items() if of == side and count}
            assert held
            drawn = {int(edges[at]): int(lots[column, at]) for at in np.flatnonzero(lots[column])}
            assert drawn == held


def test_parts_of_prices_are_whole_steps_and_few() -> None:
    prices = np.array([100, 300, 200, 900])
    assert price_parts(150, 450, prices, 100).tolist() == [100, 200, 300, 400, 500]
    coarse = price_parts(100, 900, prices, 4)
    assert np.diff(coarse).tolist() == [200] * 4
    assert price_parts(5, 5, np.array([5]), 10).tolist() == [5]


def test_the_data_of_the_run_may_be_named(tmp_path: Path) -> None:
    found = plot_run(recorded("replay"), begin="09:30:10", registry=RESULTS)
    assert "depth-map.svg" in found
    with pytest.raises(NotFound, match="no such file"):
        plot_run(recorded("replay"), trace=tmp_path / "none", registry=RESULTS)


def test_times_that_cannot_be_drawn_are_named() -> None:
    run = recorded("replay")
    with pytest.raises(UsageError, match="not a time of day"):
        plot_run(run, begin="25:00", registry=RESULTS)
    with pytest.raises(UsageError, match="is not after"):
        plot_run(run, begin="10:00", end="09:00", registry=RESULTS)
    with pytest.raises(NotFound, match="no messages from 20:00 to end"):
        plot_run(run, begin="20:00", registry=RESULTS)
    with pytest.raises(UsageError, match="kind bench has no time of day"):
        plot_run(recorded("bench"), begin="10:00", registry=RESULTS)


def test_other_events_than_the_recorded_ones_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_pictures, "records_digest", lambda _: "0" * 64)
    with pytest.raises(NotReproduced, match="other events"):
        plot_run(recorded("replay"), begin="09:30:10", registry=RESULTS)


def test_a_sweep_is_drawn_from_its_table() -> None:
    run = next(entry for entry in Registry(RESULTS).find() if (entry.folder / "sweep.csv").is_file()).digest
    drawn = plot_run(run, registry=RESULTS)["knee.svg"]
    assert {"response p50", "response p99", "response p99.9", "undisturbed, p50 to p99"} <= texts(drawn)


def test_the_command_takes_the_times(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["plot", recorded("replay"), "--results", str(RESULTS), "--from", "09:30:10", "--to", "09:30:12"]
    assert execute([*words, "--output", str(tmp_path)]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 3
    assert (tmp_path / "depth-map.svg").read_bytes().startswith(b"<?xml")
