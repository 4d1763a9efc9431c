"""Stability of passes: stated thresholds, a verdict that fails nothing, and passes in fresh processes."""

from __future__ import annotations

import sys

import pytest

from obengine.api.errors import DigestMismatch, WorkerFailed
from obengine.flow.baseline import STEADY, generate
from obengine.harness import fresh_passes
from obengine.harness.bench import bench_work, run_bench
from obengine.harness.fresh_passes import answer_for
from obengine.harness.machine import involuntary_switches
from obengine.harness.stability import stability_check


@pytest.mark.parametrize(
    ("wall_ns", "unstable", "words"),
    [
        ([1000] * 5, 0, "stable by"),
        ([950, 1000, 1000, 1000, 1050], 0, "stable by"),
        ([1000, 1000, 1000, 1000, 1500], 0, "stable by"),
        ([1000, 1000, 1000, 1000, 1502], 1, "slowest pass"),
        ([900, 900, 1000, 1100, 1100], 1, "middle half"),
        ([1000] * 4, 1, "fewer than 5 passes"),
        ([1], 1, "fewer than 5 passes"),
    ],
)
def test_thresholds(wall_ns: list[int], unstable: int, words: str) -> None:
    check = stability_check(wall_ns, [0] * len(wall_ns))
    assert check.passed
    assert check.counts["unstable"] == unstable
    assert check.detail.startswith("unstable: ") == bool(unstable)
    assert words in check.detail


def test_the_spread_and_preemptions_are_reported() -> None:
    counts = stability_check([980, 1000, 990, 1030, 1400], [0, 2, 0, 1, 0], fresh_processes=True).counts
    assert (counts["middle-half-permille"], counts["slowest-permille"]) == (40, 1400)
    assert (counts["middle-half-permille-at-most"], counts["slowest-permille-at-most"]) == (100, 1500)
    assert (counts["preemptions"], counts["preempted-passes"], counts["fresh-processes"]) == (3, 2, 1)


def test_involuntary_switches_never_go_back() -> None:
    assert 0 <= involuntary_switches() <= involuntary_switches()


def test_passes_in_fresh_processes_give_the_same_run() -> None:
    done: list[int] = []
    fresh = run_bench("baseline", core="reference", passes=2, fresh_processes=True, progress=done.append)
    fast_reader = run_bench("baseline", core="reference", passes=2)
    assert (fresh.events_digest, fresh.state_digest) == (fast_reader.events_digest, fast_reader.state_digest)
    assert len(fresh.pass_wall_ns) == 2
    assert min(fresh.pass_wall_ns) > 0
    assert sum(done) == bench_work("baseline", passes=2)
    (stability,) = [check for check in fresh.checks if check.name == "stability"]
    assert stability.counts["fresh-processes"] == 1


def test_a_worker_with_other_events_or_none_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    other = generate(STEADY, 7, 50).commands.tobytes()
    wrong_worker = f"import json; print(json.dumps({answer_for(other, 'reference')!r}))"
    monkeypatch.setattr(fresh_passes, "_WORDS", (sys.executable, "-c", wrong_worker))
    with pytest.raises(DigestMismatch, match="process of pass 1"):
        run_bench("baseline", core="reference", passes=1, fresh_processes=True)
    monkeypatch.setattr(fresh_passes, "_WORDS", (sys.executable, "-c", "raise SystemExit('out of memory')"))
    with pytest.raises(WorkerFailed, match="pass 1 failed: out of memory"):
        run_bench("baseline", core="reference", passes=1, fresh_processes=True)
