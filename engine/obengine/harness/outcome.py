"""The results of harness runs: frozen dataclasses and NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Events
from obengine.feeds.files import DataFile
from obengine.harness.units import Units
from obengine.risk.limits import Breach
from obengine.risk.limits_file import RiskLimits
from obengine.simulation.result import SimulationResult

INCONCLUSIVE: Final = "inconclusive"
"""The count that a check has if it neither passed nor failed: there was nothing to decide it by."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check of a run: whether it passed, and its counts (see `INCONCLUSIVE`)."""

    name: str
    passed: bool
    detail: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RiskOutcome:
    """The results of risk limits.

    Attributes:
        limits: the limits file.
        breaches: the breaches in order.
        check: whether the breaches match the expectation of the file.
        series: `time_ns`, `inventory_lots`, `pnl` (ticks x lots, marked at the last trade) after each trade
            in
            the market maker's symbol; empty without a market maker.
    """

    limits: RiskLimits
    breaches: tuple[Breach, ...]
    check: CheckResult
    series: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class SimulationOutcome:
    """A simulated strategy.

    Attributes:
        result: fills, order events and queue positions.
        check: whether a second run gave the same digest, with the counts of the result.
        series: `time_ns`, `inventory_lots`, `pnl` at regular times.
        risk: the results of risk limits, or None.
    """

    result: SimulationResult
    check: CheckResult
    series: Mapping[str, NDArray[np.int64]]
    risk: RiskOutcome | None


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """The workload of a run; `seed` is None for recorded data, `source` is None for seeded flow.

    `companions` are further files of `source`, such as its orderbook file. `title` names recorded data that
    are a part of their source, or more than one file; empty if the source's name does.
    """

    name: str
    version: int
    messages: int
    commands_digest: str
    seed: int | None = None
    source: DataFile | None = None
    companions: tuple[DataFile, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """The output of a deterministic workload, independent of the core, and its checks.

    `counts` are the numbers of events by kind and rejects by code.
    """

    events: int
    events_digest: str
    state_digest: str
    counts: Mapping[str, int]
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A measured run of one workload on one core.

    Attributes:
        core: name of the core, `reference` or `native`.
        workload: the workload.
        events, events_digest, state_digest: the output, equal in every pass.
        counts: number of events by kind and rejects by code, such as `traded`, `rejected.duplicate-id`.
        checks: the checks of the run.
        pass_wall_ns: wall time of each pass over the whole command stream, in order.
        service_ns: per-message service times of the latency pass in int64 nanoseconds, including timer
            overhead; of a long stream every `stride`-th message (see the check `single-messages-agree`).
        warmup_ns: wall time of the warm-up pass, or None.
        timer_overhead_ns: median time of a timed empty call.
        series: named int64 series for plots, by kind of run; may be empty.
        log: the events of one pass, of a run that keeps them.
        risk: the results of risk limits, or None.
        simulation: a strategy that ran beside the replay, or None.
        digest_threads: 2 if the events were digested on a second thread while the first one matched.
        units: what prices and lots of recorded data are, or None if nobody knows.
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
    units: Units | None = None
    simulation: SimulationOutcome | None = None
    digest_threads: int = 1
