"""What a harness run gives to whoever asked for it: plain frozen values and NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Events
from obengine.feeds.files import DataFile

if TYPE_CHECKING:
    from obengine.risk.limits import Breach
    from obengine.risk.limits_file import RiskLimits


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A statement that the run proved (`passed`) or failed to prove, with the counts behind it."""

    name: str
    passed: bool
    detail: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RiskOutcome:
    """What the limits saw.

    Attributes:
        limits: the file that was read.
        breaches: in order.
        check: whether the breaches are those that the file expects.
        series: `time_ns`, `inventory_lots`, `pnl` (ticks x lots, marked at the last trade) after each
            trade in the market maker's symbol; empty without one.
    """

    limits: RiskLimits
    breaches: tuple[Breach, ...]
    check: CheckResult
    series: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """What was asked of the engine; `seed` is None for recorded data, `source` for seeded flow.

    `companions` are further files that belong to `source`, such as its orderbook file.
    """

    name: str
    version: int
    messages: int
    commands_digest: str
    seed: int | None = None
    source: DataFile | None = None
    companions: tuple[DataFile, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """What a deterministic workload gave, whatever ran it, and what was proved of it.

    `counts` are events by kind and rejects by code.
    """

    events: int
    events_digest: str
    state_digest: str
    counts: Mapping[str, int]
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One measured run of one workload on one core.

    Attributes:
        core: name of the core that ran, `reference` or `native`.
        workload: what was run.
        events, events_digest, state_digest: what came out; equal in every pass.
        counts: events by kind and rejects by code, keys such as `traded`, `rejected.duplicate-id`.
        checks: what was proved on the way.
        pass_wall_ns: wall time of each pass over the whole command stream, in order.
        service_ns: per-message service times of the separate latency pass, int64 nanoseconds,
            timer overhead included; of a long stream every `stride`-th message, as the check
            `single-messages-agree` says.
        warmup_ns: wall time of the pass before those, None where it was not taken.
        timer_overhead_ns: median cost of one timed empty call.
        series: named int64 series of equal meaning per kind of run (for plots), may be empty.
        log: the events of a pass.
        risk: what risk limits saw, where there were any.
    """

    core: str
    workload: WorkloadFacts
    events: int
    events_digest: str
    state_digest: str
    counts: Mapping[str, int]
    checks: tuple[CheckResult, ...]
    pass_wall_ns: tuple[int, ...]
    service_ns: NDArray[np.int64]
    timer_overhead_ns: int
    series: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    log: Events | None = None
    risk: RiskOutcome | None = None
    warmup_ns: int | None = None
