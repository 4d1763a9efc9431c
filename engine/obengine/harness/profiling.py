"""Profiling: time by function and stack, allocations by line, processor counters.

The profiled work is a whole scenario: generate the flow, match it, digest the events. It is repeated for each
capture on new objects; the audit of the events is not profiled.

* `cprofile`: calls, own and cumulative time of each function (the standard library's cProfile), and in
  another capture the time of each stack, for a flame graph.
* `tracemalloc`: bytes and blocks still allocated at the end, by line, and the peak.
* always, without a profiler: the processor counters, if available (`counters`).

Profilers slow down the work, small functions most of all: shares are meaningful, rates are not, so no
measurement is taken from a profile.
"""

from __future__ import annotations

import cProfile
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any, Final

import numpy as np

from obengine.api.errors import DigestMismatch, WorkloadError
from obengine.api.messages import EVENT, Commands, Events, records_digest
from obengine.audit.invariants import audit_events, nonzero_faults
from obengine.cores import make_book
from obengine.harness.checks import core_check
from obengine.harness.clock import now_ns
from obengine.harness.counters import CounterReadings, count
from obengine.harness.measure import tally
from obengine.harness.outcome import CheckResult, EngineOutput, WorkloadFacts
from obengine.harness.scenario import check_numbers, scenario_named

PROFILERS: Final = ("cprofile", "tracemalloc", "both")
TOP: Final = 50

_BATCH: Final = 4_096
_DEEPEST: Final = 40


@dataclass(frozen=True, slots=True)
class FunctionTime:
    """A function: its place, number of calls, own time and cumulative time."""

    place: str
    calls: int
    own_ns: int
    cumulative_ns: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """A line: its memory that was still allocated at the end."""

    place: str
    held_bytes: int
    blocks: int


@dataclass(frozen=True, slots=True)
class ProfileOutcome:
    """The results of the captures; those not requested are empty, and `peak_bytes` is None.

    `functions` and `allocations` have the `TOP` largest entries, in descending order. `stacks` has the
    nanoseconds spent in the last function of each stack, outermost function first.
    """

    core: str
    profiler: str
    workload: WorkloadFacts
    output: EngineOutput
    functions: tuple[FunctionTime, ...]
    stacks: dict[tuple[str, ...], int]
    allocations: tuple[Allocation, ...]
    peak_bytes: int | None
    counters: CounterReadings


@dataclass(frozen=True, slots=True)
class _WorkResult:
    commands: Commands
    events: Events
    state_digest: str


def run_profile(
    scenario: str, *, seed: int, core: str, profiler: str, messages: int | None = None
) -> ProfileOutcome:
    """Profile a scenario on a core.

    Args:
        scenario: a name in `SCENARIOS`.
        seed: any uint64.
        core: a name of `obengine.cores`.
        profiler: one of `PROFILERS`.
        messages: number of messages; None is the scenario's default.

    Raises:
        WorkloadError: unknown scenario or profiler, or a number out of range.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two captures gave different events.
    """
    plan = scenario_named(scenario)
    length = plan.messages if messages is None else messages
    check_numbers(seed=seed, passes=1, messages=length)
    if profiler not in PROFILERS:
        raise WorkloadError(f"unknown profiler {profiler!r}; known: {', '.join(PROFILERS)}")
    make_book(core)

    def work() -> _WorkResult:
        commands = plan.commands(seed, length)[0]
        book = make_book(core)
        given = [book.apply(commands[at : at + _BATCH]) for at in range(0, commands.size, _BATCH)]
        events = _joined(given)
        records_digest(events)
        return _WorkResult(commands, events, book.state_digest())

    done = work()
    counters = count(work)
    functions: tuple[FunctionTime, ...] = ()
    stacks: dict[tuple[str, ...], int] = {}
    allocations: tuple[Allocation, ...] = ()
    peak = None
    if profiler != "tracemalloc":
        profile = cProfile.Profile()
        _require_same_events(done, profile.runcall(work))
        functions = _functions(profile)
        with _stack_times() as stacks:
            _require_same_events(done, work())
    if profiler != "cprofile":
        again, allocations, peak = _allocations(work)
        _require_same_events(done, again)
    return ProfileOutcome(
        core=core,
        profiler=profiler,
        workload=WorkloadFacts(
            name=plan.name,
            version=plan.version,
            messages=length,
            commands_digest=records_digest(done.commands),
            seed=seed,
        ),
        output=_engine_output(done, core, counters),
        functions=functions,
        stacks=stacks,
        allocations=allocations,
        peak_bytes=peak,
        counters=counters,
    )


def _joined(given: list[Events]) -> Events:
    return np.frombuffer(b"".join(each.data for each in given), EVENT)


def _require_same_events(first: _WorkResult, again: _WorkResult) -> None:
    if records_digest(first.events) != records_digest(again.events):
        raise DigestMismatch("two captures of one workload gave different events")


def _engine_output(done: _WorkResult, core: str, counters: CounterReadings) -> EngineOutput:
    counts = audit_events(done.events)
    found = nonzero_faults(counts)
    audit = CheckResult(
        "log-integrity",
        passed=not found,
        detail=f"faults: {dict(found)}" if found else "the events alone account for every order and lot",
        counts={name.replace("_", "-"): abs(count) for name, count in counts.items()},
    )
    second = core_check(done.commands, done.events, core)
    return EngineOutput(
        events=done.events.size,
        events_digest=records_digest(done.events),
        state_digest=done.state_digest,
        counts=tally(done.events),
        checks=(audit, *([second] if second else []), _counters_check(counters)),
    )


def _counters_check(counters: CounterReadings) -> CheckResult:
    """The counters of one pass without a profiler; absent counters are reported but fail nothing."""
    detail = "the processor's counters of one pass without a profiler, user mode"
    if counters.absent:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in counters.absent.items())
        detail = f"not to be had on this machine: {reasons}"
    counts = dict(counters.values) | {"counters-absent": len(counters.absent)}
    return CheckResult("processor-counters", passed=True, detail=detail, counts=counts)


def _functions(profile: cProfile.Profile) -> tuple[FunctionTime, ...]:
    entries: list[Any] = profile.getstats()
    found = [
        FunctionTime(
            _place(entry.code), entry.callcount, round(entry.inlinetime * 1e9), round(entry.totaltime * 1e9)
        )
        for entry in entries
    ]
    return tuple(sorted(found, key=lambda each: (-each.own_ns, each.place))[:TOP])


@contextmanager
def _stack_times() -> Iterator[dict[tuple[str, ...], int]]:
    """Measure the nanoseconds of each stack during the block."""
    times: dict[tuple[str, ...], int] = {}
    stack: list[str] = []
    since = now_ns()

    def hook(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal since
        now = now_ns()
        if stack:
            key = tuple(stack[:_DEEPEST])
            times[key] = times.get(key, 0) + now - since
        if event == "call":
            stack.append(_place(frame.f_code))
        elif event == "c_call":
            stack.append(getattr(argument, "__qualname__", "builtin"))
        elif stack:
            stack.pop()
        since = now_ns()

    sys.setprofile(hook)
    try:
        yield times
    finally:
        sys.setprofile(None)


def _allocations(work: Callable[[], _WorkResult]) -> tuple[_WorkResult, tuple[Allocation, ...], int]:
    tracemalloc.start()
    try:
        done = work()
        snapshot = tracemalloc.take_snapshot()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = [
        Allocation(f"{_short(each.traceback[0].filename)}:{each.traceback[0].lineno}", each.size, each.count)
        for each in snapshot.statistics("lineno")
    ]
    return done, tuple(sorted(found, key=lambda each: (-each.held_bytes, each.place))[:TOP]), peak


def _place(code: CodeType | str) -> str:
    """`folder/file.py:name`, without the installation path."""
    return code.strip("<>") if isinstance(code, str) else f"{_short(code.co_filename)}:{code.co_qualname}"


def _short(filename: str) -> str:
    return "/".join(PurePath(filename).parts[-2:])
