"""Stress runs: seeded flow in an open loop at one or more scales, with audits and an optional load sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median_low
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.messages import Commands, Events, records_digest
from obengine.cores import make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness.arrivals import arrival_times_ns
from obengine.harness.checks import core_check
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.measure import MakeBook, Progress, tally
from obengine.harness.open_loop import OpenLoop, modelled_response_ns, open_loop, rate_msg_s, saturated
from obengine.harness.outcome import CheckResult, EngineOutput, WorkloadFacts
from obengine.harness.scenario import MAX_MESSAGES, check_numbers
from obengine.harness.stability import stability_check
from obengine.harness.stress_checks import log_integrity, same_prefix

STRESS_VERSION: Final = 1
BASE_MESSAGES: Final = 2_000
"""Number of messages at scale 1."""

MAX_SCALE: Final = 10_000
SWEEP_MESSAGES: Final = 20_000
SWEEP_REPEATS: Final = 3
"""Repetitions per load; the one with the median 99th percentile of response time is kept."""

SWEEP_PERMILLE: Final = (100, 250, 400, 550, 700, 800, 900, 1_000, 1_100, 1_250)
"""Offered loads of the sweep, in thousandths of the maximum sustainable rate."""

KNEE_FACTOR: Final = 10
"""The knee is the last load before the 99th percentile of response time exceeds this multiple of that at the
lowest load, or before less than 99 % of the offered messages are processed in time."""

PERCENTILES: Final = (5_000, 9_000, 9_900, 9_990)
"""Percentiles in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class ScaleRun:
    """The results of one scale: saturated passes, and one open loop at the offered rate."""

    scale: int
    messages: int
    saturated_wall_ns: tuple[int, ...]
    offered_msg_s: int
    wall_ns: int
    service_ns: NDArray[np.int64]
    response_ns: NDArray[np.int64]
    events: int
    events_digest: str
    state_digest: str
    batches: int
    orphan_cancels: int
    orphan_executes: int
    faults: int


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One offered load; percentiles as in `PERCENTILES`.

    `modelled_ns` are those of the response times that follow from the measured service times alone
    (`modelled_response_ns`). If the measured ones are far above, the host was busy otherwise.
    """

    offered_msg_s: int
    done_msg_s: int
    service_ns: tuple[int, ...]
    response_ns: tuple[int, ...]
    modelled_ns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StressOutcome:
    """The results of a stress run: all scales, ascending, the sweep (empty if not requested), and the checks.

    `output` and `log` are those of the largest scale. `knee_msg_s` is None without a sweep, and 0 if even the
    lowest load is past the knee.
    """

    core: str
    arrivals: str
    workload: WorkloadFacts
    scales: tuple[ScaleRun, ...]
    sweep: tuple[SweepPoint, ...]
    knee_msg_s: int | None
    output: EngineOutput
    timer_overhead_ns: int
    log: Events


def stress_work(scales: Sequence[int], *, passes: int, sweep: bool) -> int:
    """The total number of messages that `run_stress` reports to `progress`."""
    points = len(SWEEP_PERMILLE) * SWEEP_REPEATS * SWEEP_MESSAGES if sweep else 0
    return sum(scales) * BASE_MESSAGES * (passes + 2) + points


def run_stress(
    *,
    arrivals: str,
    scales: Sequence[int],
    seed: int,
    core: str,
    passes: int,
    rate: int | None = None,
    sweep: bool = False,
    progress: Progress | None = None,
) -> StressOutcome:
    """Measure the sustainable rate at each scale, then an open loop of intended arrivals at each scale.

    Args:
        arrivals: one of `arrival_names()`.
        scales: multiples of `BASE_MESSAGES`; a smaller flow is a prefix of a larger one.
        seed: any uint64, for the flow and the arrivals.
        core: a name of `obengine.cores`.
        passes: number of saturated passes at each scale, after a warm-up pass.
        rate: offered messages per second; None is half of the median sustained rate, rounded down to two
            digits.
        sweep: also run the load sweep and find the knee.
        progress: called with the messages finished since its last call.

    Raises:
        WorkloadError: unknown name, or number out of range.
        CoreUnavailable: the core is not in this installation.
    """
    wanted = _check_scales(scales)
    check_numbers(seed=seed, passes=passes, messages=wanted[-1] * BASE_MESSAGES)
    arrival_times_ns(arrivals, rate_msg_s=1_000 if rate is None else rate, count=0, seed=seed)
    report = progress or _no_progress
    make = partial(make_book, core)
    make()
    commands = generate(STEADY, seed, wanted[-1] * BASE_MESSAGES).commands
    walls = {scale: _saturate(commands[: scale * BASE_MESSAGES], make, passes, report) for scale in wanted}
    sustained = median_low(rate_msg_s(n * BASE_MESSAGES, wall) for n in wanted for wall in walls[n])
    offered = max(_two_digits(sustained // 2), 100) if rate is None else rate
    runs, loops, checks = [], [], []
    for scale in wanted:
        part = commands[: scale * BASE_MESSAGES]
        times = arrival_times_ns(arrivals, rate_msg_s=offered, count=part.size, seed=seed)
        loop = open_loop(part, make, times)
        audit = log_integrity(f"log-integrity-x{scale}", loop, BASE_MESSAGES)
        runs.append(_scale_run(scale, walls[scale], offered, loop, audit))
        loops.append(loop)
        checks.append(audit)
        report(part.size)
    largest = loops[-1]
    if len(loops) > 1:
        checks.append(same_prefix(loops))
    checks += [stability_check(walls[scale], (), name=f"stability-x{scale}") for scale in wanted]
    second = core_check(commands, largest.events, core)
    checks += [second] if second else []
    points = tuple(_sweep(commands, make, arrivals, sustained, seed, report)) if sweep else ()
    return StressOutcome(
        core=core,
        arrivals=arrivals,
        workload=WorkloadFacts(
            name=f"stress-x{wanted[-1]}",
            version=STRESS_VERSION,
            messages=commands.size,
            commands_digest=records_digest(commands),
            seed=seed,
        ),
        scales=tuple(runs),
        sweep=points,
        knee_msg_s=knee_of(points) if sweep else None,
        output=EngineOutput(
            events=largest.events.size,
            events_digest=runs[-1].events_digest,
            state_digest=runs[-1].state_digest,
            counts=tally(largest.events),
            checks=tuple(checks),
        ),
        timer_overhead_ns=timer_overhead_ns(),
        log=largest.events,
    )


def knee_of(points: Sequence[SweepPoint]) -> int:
    """The highest offered load before the knee (see `KNEE_FACTOR`); 0 if there is none."""
    knee = 0
    for point in points:
        slow = point.response_ns[2] > KNEE_FACTOR * points[0].response_ns[2]
        if slow or point.done_msg_s * 100 < point.offered_msg_s * 99:
            break
        knee = point.offered_msg_s
    return knee


def percentiles_ns(values: NDArray[np.int64]) -> tuple[int, ...]:
    """The `PERCENTILES` of values, by the nearest-rank method."""
    ordered = np.sort(values)
    return tuple(int(ordered[max(-(-p * ordered.size // 10_000), 1) - 1]) for p in PERCENTILES)


def _saturate(commands: Commands, make: MakeBook, passes: int, report: Progress) -> tuple[int, ...]:
    walls = []
    for _ in range(passes + 1):
        walls.append(saturated(commands, make).wall_ns)
        report(commands.size)
    return tuple(walls[1:])


def _sweep(
    commands: Commands, make: MakeBook, arrivals: str, sustained: int, seed: int, report: Progress
) -> list[SweepPoint]:
    part = commands[:SWEEP_MESSAGES]
    points = []
    for permille in SWEEP_PERMILLE:
        offered = max(_two_digits(sustained * permille // 1_000), 100)
        times = arrival_times_ns(arrivals, rate_msg_s=offered, count=part.size, seed=seed)
        loops = [open_loop(part, make, times) for _ in range(SWEEP_REPEATS)]
        loop = sorted(loops, key=lambda each: percentiles_ns(each.response_ns)[2])[SWEEP_REPEATS // 2]
        # Bursts may offer less than the nominal rate in a short run, so compare time spans.
        span = max(int(times[-1] - times[0]), 1)
        done_msg_s = min(offered, offered * span // max(loop.wall_ns - int(times[0]), 1))
        modelled_ns = modelled_response_ns(times, loop.service_ns)
        percentiles = (percentiles_ns(each) for each in (loop.service_ns, loop.response_ns, modelled_ns))
        points.append(SweepPoint(offered, done_msg_s, *percentiles))
        report(SWEEP_REPEATS * SWEEP_MESSAGES)
    return points


def _scale_run(
    scale: int, walls: tuple[int, ...], offered: int, loop: OpenLoop, audit: CheckResult
) -> ScaleRun:
    faults = {
        name: n for name, n in audit.counts.items() if not name.startswith(("lots-", "batches", "events"))
    }
    return ScaleRun(
        scale=scale,
        messages=loop.service_ns.size,
        saturated_wall_ns=walls,
        offered_msg_s=offered,
        wall_ns=loop.wall_ns,
        service_ns=loop.service_ns,
        response_ns=loop.response_ns,
        events=loop.events.size,
        events_digest=records_digest(loop.events),
        state_digest=loop.snapshot.digest(),
        batches=audit.counts["batches"],
        orphan_cancels=audit.counts["orphan-cancel"],
        orphan_executes=audit.counts["orphan-trade"],
        faults=sum(faults.values()),
    )


def _check_scales(scales: Sequence[int]) -> list[int]:
    limit = min(MAX_SCALE, MAX_MESSAGES // BASE_MESSAGES)
    for scale in scales:
        if not 1 <= scale <= limit:
            raise WorkloadError(f"a scale is 1 to {limit:,}, not {scale}")
    if not scales:
        raise WorkloadError("a stress run needs at least one scale")
    return sorted(set(scales))


def _two_digits(number: int) -> int:
    unit = int("1".ljust(max(len(str(number)) - 1, 1), "0"))
    return number // unit * unit


def _no_progress(_: int) -> None:
    return
