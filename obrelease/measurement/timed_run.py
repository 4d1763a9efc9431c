"""Times of a command or of a Python function as one run, with what disturbed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from obrelease.importers.measured_results import noise_metric
from obrelease.importers.tool_run import ToolMetric, ToolRun
from obrelease.measurement.noise import Noise
from obrelease.measurement.timing import Timing
from obrelease.models.artefact import Scalar, VolatileHost
from obrelease.models.noise_metrics import PREEMPTIONS, STOLEN_TIME, THROTTLE_EVENTS

WALL_TIME = "wall time"
"""The metric that every timed run has."""


def timed_tool_run(
    title: str,
    timing: Timing,
    noise: Noise,
    *,
    version: str,
    created_ns: int,
    parameters: Mapping[str, Scalar],
) -> ToolRun:
    """The run of a timed command: a sample of each metric per execution."""
    executions = timing.executions
    metrics = [
        ToolMetric(WALL_TIME, "ns", "lower", _nanoseconds(timing.wall_s)),
        ToolMetric("user time", "ns", "lower", _nanoseconds([e.user_s for e in executions]), primary=False),
        ToolMetric(
            "system time", "ns", "lower", _nanoseconds([e.system_s for e in executions]), primary=False
        ),
    ]
    if timing.peak_bytes is not None:
        metrics.append(ToolMetric("peak memory", "B", "lower", timing.peak_bytes, primary=False))
    if timing.overhead.shell is not None:
        shell_ns = _nanoseconds([timing.overhead.shell.wall_s])
        metrics.append(ToolMetric("shell start-up (subtracted)", "ns", None, shell_ns, primary=False))
    return _tool_run(title, metrics, noise, version, created_ns, parameters)


def function_tool_run(
    title: str,
    seconds: Sequence[float],
    noise: Noise,
    *,
    version: str,
    created_ns: int,
    parameters: Mapping[str, Scalar],
) -> ToolRun:
    """The run of a Python function: a sample of its wall time per group of calls."""
    metrics = [ToolMetric(WALL_TIME, "ns", "lower", _nanoseconds(seconds))]
    return _tool_run(title, metrics, noise, version, created_ns, parameters)


def noise_metrics(noise: Noise) -> Iterator[ToolMetric]:
    """Facts of the noise as metrics without a direction; they decide nothing."""
    facts = {
        PREEMPTIONS: noise.preemptions,
        THROTTLE_EVENTS: noise.throttle_events,
        STOLEN_TIME: None if noise.steal_ms is None else noise.steal_ms * 1_000_000,
    }
    for name, value in facts.items():
        if value is not None:
            yield noise_metric(name, value)


def volatile_host(noise: Noise) -> VolatileHost:
    """The facts of the noise that every run has."""
    load = None if noise.load_1m is None else round(noise.load_1m * 1000)
    return VolatileHost(load_1m_milli=load, cpu_khz=noise.cpu_khz)


def _tool_run(
    title: str,
    metrics: Sequence[ToolMetric],
    noise: Noise,
    version: str,
    created_ns: int,
    parameters: Mapping[str, Scalar],
) -> ToolRun:
    return ToolRun(
        tool="obrelease",
        tool_version=version,
        title=title,
        metrics=(*metrics, *noise_metrics(noise)),
        parameters=parameters,
        volatile=volatile_host(noise),
        created_ns=created_ns,
    )


def _nanoseconds(seconds: Sequence[float]) -> tuple[int, ...]:
    """Whole nanoseconds: the clock's own resolution."""
    return tuple(round(each * 1e9) for each in seconds)
