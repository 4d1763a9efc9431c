"""Stress: open loops that keep waiting and working apart, audits that find faults, the knee."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from obengine.api.errors import WorkloadError
from obengine.api.messages import EventKind
from obengine.flow.baseline import STEADY, generate
from obengine.harness import stress
from obengine.harness.checks import core_check
from obengine.harness.open_loop import OpenLoop, modelled_response_ns, open_loop, saturated
from obengine.harness.stress import SweepPoint, knee_of, percentiles_ns, run_stress, stress_work
from obengine.harness.stress_checks import log_integrity, same_prefix
from obengine.reference.book import ReferenceBook

COMMANDS = generate(STEADY, 5, 600).commands


def loop() -> OpenLoop:
    return saturated(COMMANDS, ReferenceBook)


def test_every_message_is_served_at_its_time_or_later() -> None:
    times = np.arange(COMMANDS.size, dtype=np.int64) * 20_000
    ran = open_loop(COMMANDS, ReferenceBook, times)
    assert ran.service_ns.min() > 0
    assert (ran.response_ns >= ran.service_ns).all()
    assert ran.wall_ns >= times[-1]
    assert ran.event_ends[-1] == ran.events.size
    book = ReferenceBook()
    assert np.array_equal(ran.events, book.apply(COMMANDS))
    assert ran.snapshot.digest() == book.state_digest()


def test_a_late_message_makes_those_behind_it_late() -> None:
    """Coordinated omission: the wait behind a slow message is response time of the messages that waited."""
    arrivals = np.array([0, 10, 20, 1_000], dtype=np.int64)
    service = np.array([500, 5, 5, 5], dtype=np.int64)
    assert modelled_response_ns(arrivals, service).tolist() == [500, 495, 490, 5]
    assert modelled_response_ns(arrivals[:0], service[:0]).size == 0


def test_times_must_fit_the_messages() -> None:
    with pytest.raises(ValueError, match="600 commands and 3"):
        open_loop(COMMANDS, ReferenceBook, np.zeros(3, dtype=np.int64))


def test_a_sound_log_passes_batch_by_batch() -> None:
    check = log_integrity("audit", loop(), 250)
    assert check.passed, check
    assert check.counts["batches"] == 3


@pytest.mark.parametrize("at", [10, 590])
def test_a_lost_cancel_is_found_in_its_batch(at: int) -> None:
    ran = loop()
    events = ran.events.copy()
    cancels = np.flatnonzero(events["kind"] == EventKind.CANCELLED)
    victim = cancels[np.searchsorted(cancels, ran.event_ends[at]) - (at > 300)]
    events["order_id"][victim] = 10**9
    broken = OpenLoop(ran.service_ns, ran.response_ns, ran.wall_ns, events, ran.event_ends, ran.snapshot)
    check = log_integrity("audit", broken, 100)
    assert not check.passed
    assert check.counts["orphan-cancel"] >= 1
    batch = int(np.searchsorted(ran.event_ends, victim, side="right")) // 100 + 1
    assert f"batch {batch} of 6" in check.detail


def test_scales_that_disagree_are_found() -> None:
    one, other = loop(), saturated(generate(STEADY, 6, 300).commands, ReferenceBook)
    assert same_prefix([saturated(COMMANDS[:200], ReferenceBook), one]).passed
    assert not same_prefix([other, one]).passed


def test_another_core_that_disagrees_is_found() -> None:
    events = ReferenceBook().apply(COMMANDS)
    wrong = events.copy()
    wrong["qty_lots"][7] += 1
    same, different = core_check(COMMANDS, events, "native"), core_check(COMMANDS, wrong, "native")
    assert same is not None
    assert different is not None
    assert same.passed
    assert not different.passed
    assert "from event 7 on" in different.detail


def test_a_stress_run_proves_its_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "SWEEP_MESSAGES", 200)
    done: list[int] = []
    outcome = run_stress(
        arrivals="burst",
        scales=[2, 1, 2],
        seed=2**64 - 1,
        core="reference",
        passes=2,
        sweep=True,
        progress=done.append,
    )
    assert all(check.passed for check in outcome.output.checks), outcome.output.checks
    assert [run.scale for run in outcome.scales] == [1, 2]
    assert outcome.scales[1].messages == outcome.workload.messages == 4_000
    assert outcome.output.events_digest == outcome.scales[1].events_digest
    assert len({run.offered_msg_s for run in outcome.scales}) == 1
    assert len(outcome.sweep) == len(stress.SWEEP_PERMILLE)
    assert outcome.knee_msg_s is not None
    assert sum(done) == stress_work([1, 2], passes=2, sweep=True)


def test_two_arrivals_of_one_seed_give_one_digest() -> None:
    digests = {
        run_stress(
            arrivals=arrivals, scales=[1], seed=7, core="reference", passes=1, rate=1_000_000
        ).output.events_digest
        for arrivals in ("poisson", "hawkes")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scales": [0]}, "scale"),
        ({"scales": [10_001]}, "scale"),
        ({"scales": []}, "at least one"),
        ({"seed": 2**64}, "seed"),
        ({"passes": 0}, "passes"),
        ({"arrivals": "steady"}, "poisson, burst, hawkes"),
        ({"rate": 1}, "rate"),
    ],
)
def test_invalid_runs_are_rejected_before_any_work(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(WorkloadError, match=reason):
        run_stress(
            **{"arrivals": "poisson", "scales": [1], "seed": 1, "core": "reference", "passes": 1, **changes}
        )


def point(offered: int, p99: int, *, done: int | None = None) -> SweepPoint:
    percentiles = (100, 200, p99, 2 * p99)
    return SweepPoint(offered, offered if done is None else done, percentiles, percentiles, percentiles)


def test_the_knee_is_the_last_load_before_either_limit() -> None:
    calm = [point(100, 1_000), point(200, 2_000)]
    assert knee_of([*calm, point(300, 10_001), point(400, 10)]) == 200
    assert knee_of([*calm, point(300, 3_000, done=296)]) == 200
    assert knee_of([*calm, point(300, 10_000, done=297)]) == 300
    assert knee_of([point(100, 1_000, done=1)]) == 0


def test_percentiles_are_observed_values() -> None:
    assert percentiles_ns(np.arange(1, 1_001, dtype=np.int64)) == (500, 900, 990, 999)
    assert percentiles_ns(np.array([7], dtype=np.int64)) == (7, 7, 7, 7)
