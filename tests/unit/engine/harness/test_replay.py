"""Replays: the touch of a sample day holds on every row, and an altered day is found out by its row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from obengine.api.errors import CoreUnavailable, FeedError, TapeError, WorkloadError
from obengine.api.messages import records_digest
from obengine.feeds.lobster import LobsterDay, read_lobster, read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair, write_lobster_sample
from obengine.feeds.lobster_window import Cause, Queues
from obengine.feeds.tape import write_tape
from obengine.flow.baseline import STEADY, generate
from obengine.harness.outcome import CheckResult, RunOutcome
from obengine.harness.replay import run_replay
from obengine.harness.replay_lobster import causes_check, queues_check


def check(outcome: RunOutcome, name: str) -> CheckResult:
    return next(each for each in outcome.checks if each.name == name)


def orderbook(message: Path) -> Path:
    return message.with_name(message.name.replace("message", "orderbook"))


def alter(path: Path, line: int, column: int, value: str) -> None:
    lines = path.read_text().splitlines()
    fields = lines[line - 1].split(",")
    fields[column - 1] = value
    lines[line - 1] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


def of_type(message: Path, kind: str, after: int) -> int:
    """The first line after `after` whose message has a type."""
    lines = message.read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if n > after and line.split(",")[1] == kind)


@pytest.mark.parametrize("levels", [1, 2, 5, 10, 30])
def test_the_touch_of_a_sample_day_holds_on_every_row(tmp_path: Path, levels: int) -> None:
    outcome = run_replay(
        write_lobster_sample(tmp_path, rows=1_500, levels=levels), core="reference", passes=1
    )
    assert all(each.passed for each in outcome.checks), outcome.checks
    assert check(outcome, "touch-holds").counts == {
        "rows": 1_499,
        "rows-held": 1_499,
        "rows-explained": 0,
        "rows-unexplained": 0,
    }
    assert check(outcome, "log-integrity").counts["unaccounted-lots"] == 0


def test_causes_of_a_sample_day(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=3_000)
    counts = check(run_replay(path, core="reference", passes=1), "named-causes").counts
    kinds = [line.split(",")[1] for line in path.read_text().splitlines()]
    assert counts["hidden-execution"] == kinds.count("5") - (kinds[0] == "5")
    assert counts["halt"] == kinds.count("7") > 0
    assert min(counts["adopted-tail-level"], counts["unseen-order"], counts["left-window"]) > 0
    assert counts["unexplained"] == counts["crossing-add"] == counts["duplicate-id"] == 0


def test_series_are_the_touch_of_each_row(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=300)
    series = run_replay(path, core="reference", passes=1).series
    first_fields = [line.split(",")[:4] for line in orderbook(path).read_text().splitlines()]
    names = ("ask_ticks", "ask_lots", "bid_ticks", "bid_lots")
    rows = zip(*(series[name].tolist() for name in names), strict=True)
    assert [list(map(str, row)) for row in rows] == first_fields
    assert series["time_ns"].size == 300


def test_commands_have_the_times_of_their_rows(tmp_path: Path) -> None:
    day = read_lobster(write_lobster_sample(tmp_path, rows=200))
    times = day.command_times_ns()
    assert times.size == day.commands.size
    for row in (1, 50, 199):
        own = times[day.row_end[row - 1] : day.row_end[row]]
        assert set(own.tolist()) <= {int(day.times_ns[row])}
    assert set(times[: day.row_end[0]].tolist()) == {int(day.times_ns[0])}


@pytest.mark.parametrize(("column", "value"), [(1, "9999999998"), (2, "77777"), (3, "1"), (4, "77777")])
def test_an_altered_touch_is_found_by_its_row(tmp_path: Path, column: int, value: str) -> None:
    path = write_lobster_sample(tmp_path, rows=800, levels=1)
    day = read_lobster(path)
    line = next(n for n in range(400, 800) if steady_touch(day, n))
    alter(orderbook(path), line, column, value)
    outcome = run_replay(path, core="reference", passes=1)
    held = check(outcome, "touch-holds")
    assert not held.passed
    assert f"first at row {line}:" in held.detail
    assert f"{int(value):,}" in held.detail
    assert held.counts["rows-unexplained"] >= 1
    assert check(outcome, "named-causes").counts["unexplained"] == held.counts["rows-unexplained"]


def steady_touch(day: LobsterDay, line: int) -> bool:
    """Whether neither the row nor its neighbours did anything out of the ordinary."""
    return not day.causes[line - 3 : line + 2].any()


def test_a_lost_message_is_found_and_the_replay_goes_on(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=800)
    line = of_type(path, "4", after=300)
    alter(path, line, 2, "5")
    held = check(run_replay(path, core="reference", passes=1), "touch-holds")
    assert not held.passed
    assert f"first at row {line}:" in held.detail
    assert held.counts["rows-unexplained"] < 10


@pytest.mark.parametrize("wrong", [2, 30])
def test_the_wrong_rows_are_named_ten_at_most(tmp_path: Path, wrong: int) -> None:
    path = write_lobster_sample(tmp_path, rows=800, levels=1)
    rows = [line.split(",") for line in orderbook(path).read_text().splitlines()]
    for row in rows[100 : 100 + 9 * wrong : 9]:
        row[1] = "77777"
    orderbook(path).write_text("".join(f"{','.join(row)}\n" for row in rows))
    outcome = run_replay(path, core="reference", passes=1)
    for name in ("touch-holds", "levels-hold"):
        held = check(outcome, name)
        count = held.counts["rows-unexplained"]
        assert count >= wrong
        named = held.detail.split(f"; {count:,} wrong rows: ")[1].split(", ")
        assert named[0] == "101"
        assert len([number for number in named if number.isdecimal()]) == min(count, 10)
        assert (named[-1] == "...") == (count > 10)
    assert "first at row 101: no known cause explains it; " in check(outcome, "named-causes").detail


def test_a_message_that_crosses_is_not_passed_on(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=800)
    first = of_type(path, "1", after=300)
    alter(path, first, 5, "900000" if path.read_text().splitlines()[first - 1].endswith(",1") else "100")
    outcome = run_replay(path, core="reference", passes=1)
    assert check(outcome, "commands-carried-out").passed
    assert check(outcome, "named-causes").counts["crossing-add"] == 1


def test_differences_while_trading_is_halted_have_a_name(tmp_path: Path) -> None:
    # The altered row differs, and so does the right one after it from what was taken over.
    path = write_lobster_sample(tmp_path, rows=3_000)
    start = of_type(path, "7", after=1)
    alter(orderbook(path), start + 1, 2, "4242")
    held = check(run_replay(path, core="reference", passes=1), "touch-holds")
    assert held.passed
    assert held.counts["rows-explained"] == 2


def test_the_workload_names_both_files(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=50)
    workload = run_replay(path, core="reference", passes=1).workload
    assert workload.source is not None
    assert workload.source.name == path.name
    assert [each.name for each in workload.companions] == [orderbook(path).name]


def test_progress_adds_up_to_all_the_work(tmp_path: Path) -> None:
    done: list[int] = []
    path = write_lobster_sample(tmp_path, rows=400)
    outcome = run_replay(path, core="reference", passes=2, progress=done.append)
    assert sum(done) == outcome.workload.messages * 4


def test_a_tape_is_replayed_without_a_touch(tmp_path: Path) -> None:
    commands = generate(STEADY, 4, 300).commands
    path = tmp_path / "flow.obtape"
    write_tape(path, commands)
    outcome = run_replay(path, core="reference", passes=1)
    assert outcome.workload.commands_digest == records_digest(commands)
    assert outcome.workload.source is not None
    assert outcome.workload.source.size == path.stat().st_size
    assert not outcome.series


def test_unknown_formats_are_rejected(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=50)
    with pytest.raises(CoreUnavailable):
        run_replay(path, core="steam", passes=1)
    with pytest.raises(WorkloadError, match="passes"):
        run_replay(path, core="reference", passes=0)
    with pytest.raises(FeedError):
        run_replay(tmp_path / "none.csv", core="reference", passes=1)
    write_tape(tmp_path / "empty", commands=generate(STEADY, 1, 0).commands)
    with pytest.raises(WorkloadError, match="messages"):
        run_replay(tmp_path / "empty", core="reference", passes=1)
    (tmp_path / "cut").write_bytes((tmp_path / "empty").read_bytes()[:40])
    with pytest.raises(TapeError, match="truncated"):
        run_replay(tmp_path / "cut", core="reference", passes=1)


def test_the_sample_needs_no_files(tmp_path: Path) -> None:
    kept = read_lobster(write_lobster_sample(tmp_path))
    here = read_pair(lobster_sample_pair())
    assert here.sources == kept.sources
    assert here.commands.tobytes() == kept.commands.tobytes()


@pytest.mark.parametrize(("fits", "passed"), [(99, True), (98, False)])
def test_queues_that_do_not_fit_the_file_fail(fits: int, *, passed: bool) -> None:
    day = read_pair(lobster_sample_pair())
    fitted = Queues(deletions=100, exact_deletions=100, executions=100, head_executions=fits)
    assert queues_check(day).passed
    assert queues_check(replace(day, queues=fitted)).passed is passed


def test_a_row_without_a_named_cause_fails() -> None:
    day = read_pair(lobster_sample_pair())
    assert causes_check(day).passed
    causes = day.causes.copy()
    causes[5] |= Cause.UNEXPLAINED
    assert not causes_check(replace(day, causes=causes)).passed
