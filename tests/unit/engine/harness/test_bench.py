"""Benches: outcomes, checks, and what happens when a core is wrong or a run is interrupted."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from obengine.api.errors import CoreUnavailable, DigestMismatch, WorkloadError
from obengine.api.messages import COMMAND, Commands, Events
from obengine.flow.baseline import STEADY, generate
from obengine.harness import bench, measure
from obengine.harness.bench import bench_work, run_bench
from obengine.harness.clock import now_ns, timer_overhead_ns
from obengine.harness.machine import machine_facts
from obengine.harness.measure import run_passes, tally, time_messages
from obengine.harness.scenario import SCENARIOS
from obengine.reference.book import ReferenceBook


def test_a_bench_proves_its_answer() -> None:
    outcome = run_bench("baseline", core="reference", passes=3)
    assert all(each.passed for each in outcome.checks), outcome.checks
    assert [each.name for each in outcome.checks] == [
        "passes-agree",
        "single-messages-agree",
        "log-integrity",
        "flow-model-agrees",
        "stability",
    ]
    assert (len(outcome.pass_wall_ns), outcome.service_ns.size) == (3, 2_000)
    assert outcome.service_ns.min() > 0
    fast_reader = [count for name, count in outcome.counts.items() if not name.startswith("rejected.")]
    assert sum(fast_reader) == outcome.events
    assert outcome.counts["rejected"] == outcome.counts["rejected.unknown-order"] > 0


def test_one_seed_gives_one_digest_and_another_another() -> None:
    first, second = (run_bench("baseline", seed=7, core="reference", passes=1) for _ in range(2))
    other = run_bench("baseline", seed=8, core="reference", passes=1)
    assert first.events_digest == second.events_digest != other.events_digest
    assert first.state_digest == second.state_digest
    assert (first.workload.seed, first.workload.name) == (7, "baseline")


def test_progress_adds_up_to_the_announced_work() -> None:
    done: list[int] = []
    run_bench("baseline", core="reference", passes=2, messages=9_000, progress=done.append)
    assert sum(done) == bench_work("baseline", passes=2, messages=9_000) == 36_000


def test_scenario_names_match_their_lengths() -> None:
    assert {name: plan.messages for name, plan in SCENARIOS.items()} == {
        "baseline": 2_000,
        "x10": 20_000,
        "x100": 200_000,
        "x1000": 2_000_000,
        "x10000": 20_000_000,
        **dict.fromkeys(("static", "normal", "swing-25", "swing-40", "flash-crash"), 2_000_000),
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scenario": "huge"}, "unknown scenario 'huge'; known: baseline"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"passes": 0}, "passes"),
        ({"messages": 0}, "messages"),
    ],
)
def test_invalid_runs_are_rejected_before_any_work(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(WorkloadError, match=reason):
        run_bench(**{"scenario": "baseline", "core": "reference", "passes": 1, **changes})


def test_an_unknown_core() -> None:
    with pytest.raises(CoreUnavailable):
        run_bench("baseline", core="steam", passes=1)


class Moody(ReferenceBook):
    """A book that answers rightly until its time comes."""

    made = 0

    def __init__(self, bad_from: int) -> None:
        super().__init__()
        Moody.made += 1
        self._bad = Moody.made >= bad_from

    def apply(self, commands: Commands) -> Events:
        events = super().apply(commands)
        if self._bad and events.size > 100:
            events["qty_lots"][100] += 1
        return events


def make_moody(monkeypatch: pytest.MonkeyPatch, bad_from: int) -> None:
    monkeypatch.setattr(Moody, "made", -1)
    monkeypatch.setattr(bench, "make_book", lambda _: Moody(bad_from))


def test_a_pass_that_differs_gives_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    make_moody(monkeypatch, bad_from=3)
    with pytest.raises(DigestMismatch, match="pass 2 gave other events than the first pass, from event 100"):
        run_bench("baseline", core="moody", passes=3)


def test_a_core_that_is_wrong_every_time_fails_its_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Generous(ReferenceBook):
        def apply(self, commands: Commands) -> Events:
            doubled = commands.copy()
            doubled["qty_lots"] *= 2
            return super().apply(doubled)

    monkeypatch.setattr(bench, "make_book", lambda _: Generous())
    outcome = run_bench("baseline", core="generous", passes=1)
    assert [each.name for each in outcome.checks if not each.passed] == ["flow-model-agrees"]


def test_a_log_that_does_not_add_up_fails_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(ReferenceBook):
        def apply(self, commands: Commands) -> Events:
            events = super().apply(commands)
            events["order_id"][events["order_id"] == 7] = 8
            return events

    monkeypatch.setattr(bench, "make_book", lambda _: Forgetful())
    outcome = run_bench("baseline", core="forgetful", passes=1)
    failed = {each.name: each for each in outcome.checks if not each.passed}
    assert "faults" in failed["log-integrity"].detail


def test_a_pass_goes_by_batches_that_are_compared_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Counting(ReferenceBook):
        def apply(self, commands: Commands) -> Events:
            sizes.append(commands.size)
            events = super().apply(commands)
            return events if len(sizes) < 4 else events[:-1]

    monkeypatch.setattr(measure, "BATCH_MESSAGES", 200)
    commands = generate(STEADY, 1, 500).commands
    expected = ReferenceBook().apply(commands).size
    with pytest.raises(DigestMismatch, match=f"pass 1 gave {expected - 1} events, not the {expected} of"):
        run_passes(commands, Counting, 1, None)
    assert sizes == [500, 200, 200, 100]


def test_single_messages_must_agree_with_the_batch() -> None:
    commands = generate(STEADY, 1, 500).commands
    results = run_passes(commands, ReferenceBook, 1, None)
    with pytest.raises(DigestMismatch, match="one message at a time"):
        time_messages(commands[:499], ReferenceBook, results, None)


def test_long_streams_are_sampled_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "TIMED_LIMIT", 300)
    outcome = run_bench("baseline", core="reference", passes=1)
    sampled = next(each for each in outcome.checks if each.name == "single-messages-agree")
    assert sampled.counts == {"timed": 286, "stride": 7}
    assert outcome.service_ns.size == 286
    assert "one message in 7" in sampled.detail


@pytest.mark.parametrize("after", [1, 2, 4])
def test_an_interrupt_passes_through_and_leaves_the_collector_on(after: int) -> None:
    calls = 0

    def interrupt(_: int) -> None:
        nonlocal calls
        calls += 1
        if calls == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bench("x10", core="reference", passes=2, progress=interrupt)
    assert gc.isenabled()


def test_tally_of_no_events() -> None:
    assert tally(ReferenceBook().apply(np.zeros(0, COMMAND))) == {}


def test_clock_runs_forward_and_costs_something() -> None:
    assert now_ns() <= now_ns()
    assert timer_overhead_ns(101) >= 0
    with pytest.raises(ValueError, match="must be positive, not 0"):
        timer_overhead_ns(0)


def test_machine_facts_are_complete_and_stable_ones_stay() -> None:
    first, second = machine_facts("g++ 12"), machine_facts("g++ 12")
    assert first.stable == second.stable
    assert first.stable.compiler == "g++ 12"
    assert first.stable.libraries == {"numpy": np.__version__}
    assert first.stable.cpu_count >= 1
    assert first.stable.cpu_model
    assert machine_facts().stable.compiler is None


def test_machine_facts_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obengine.harness.machine._text", lambda _: "")
    facts = machine_facts()
    assert facts.stable.cpu_model
    assert (facts.volatile.cpu_khz, facts.volatile.memory_available_bytes) == (None, None)
