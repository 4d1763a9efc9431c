"""The summary figures of a run: those that lists, `show`, release notes and data frames print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.summary.run import THROUGHPUT, Run
from obrelease.models.labels_and_directions import Direction


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that summarises a run.

    Attributes:
        metric: the name that comparisons use, such as `throughput` or `service-latency p99`.
        identity: the id of the metric; empty for figures that are derived.
        label: the name in release notes, such as `p99 (service)`.
        value: in `unit`; the median of the samples, or a percentile.
        samples: how many samples it is the median of, or how many values the histogram has; None if the
            file of another tool does not say.
        statistic: what `value` is: `median`, `mean`, `minimum` or `value`.
        primary: False for what comes with a measurement, such as CPU time and counters.
    """

    metric: str
    label: str
    unit: str
    direction: Direction | None
    value: int | float
    samples: int | None
    statistic: str = "median"
    primary: bool = True
    identity: str = ""


def throughput_figures(run: Run) -> tuple[Figure, ...]:
    """The median over the passes, or nothing."""
    rate = run.throughput_msg_s
    return () if rate is None else (Figure(THROUGHPUT, THROUGHPUT, "msg/s", "higher", rate, run.passes),)


def latency_figures(run: Run) -> tuple[Figure, ...]:
    """p50, p99 and p99.9 in nanoseconds, or nothing."""
    if (latency := run.latency) is None:
        return ()
    found = latency.figures
    values = (("p50", found.p50_ns), ("p99", found.p99_ns), ("p99.9", found.p999_ns))
    return tuple(
        Figure(f"{latency.histogram} {name}", f"{name} ({latency.clock})", "ns", "lower", value, found.count)
        for name, value in values
    )


def measures(run: Run) -> tuple[Figure, ...]:
    """Medians of what else was measured: every series of an imported file, the memory of a profile."""
    from obrelease.analysis.kinds.all_kinds import kind_of  # loads NumPy

    kind = kind_of(run.artefact)
    return tuple(
        Figure(m.name, m.name, m.unit, m.direction, m.value, m.count, m.statistic, m.primary, m.id)
        for m in run.recorded_metrics
        if kind.is_figure(m.name)
    )


def headline(run: Run) -> Figure | None:
    """The first figure that a reader looks at: the throughput, or else the first primary metric."""
    return headline_among(run, measures(run))


def headline_among(run: Run, measured: Sequence[Figure]) -> Figure | None:
    """The same, where `measures` was called already."""
    found = (*throughput_figures(run), *measured)
    return next((each for each in found if each.primary), next(iter(found), None))


def figures_of(run: Run, measured: Sequence[Figure] | None = None) -> dict[str, Any]:
    """The figures of a run for `--json`, the unit in every name; its title, host and labels.

    Args:
        measured: what `measures` returned; None calls it.
    """
    p50_ns, p99_ns, p999_ns = run.percentiles_ns
    return {
        "throughput_median_msg_s": run.throughput_msg_s,
        "passes": run.passes,
        "latency_clock": run.latency.clock if run.latency else None,
        "latency_p50_ns": p50_ns,
        "latency_p99_ns": p99_ns,
        "latency_p999_ns": p999_ns,
        "measures": [_measure_json(each) for each in (measures(run) if measured is None else measured)],
        "unstable": list(run.unstable),
        "checks_passed": list(run.checks_passed),
        "checks_failed": list(run.checks_failed),
        "title": run.artefact.title,
        "host": run.artefact.host.name,
        "labels": run.artefact.label_values,
    }


def _measure_json(figure: Figure) -> dict[str, Any]:
    """A metric of a run; `median` is None if its value is another statistic."""
    median = figure.value if figure.statistic == "median" else None
    return {
        "name": figure.metric,
        "unit": figure.unit,
        "median": median,
        "value": figure.value,
        "statistic": figure.statistic,
    }


def summary_json(run: Run) -> dict[str, Any]:
    """The facts and figures of a run: the stable contract of `show --json`."""
    artefact, latency = run.artefact, run.latency
    workload, outcome, host = artefact.workload, artefact.outcome, artefact.host.stable
    source = workload.source if workload else None
    p50_ns, p99_ns, p999_ns = run.percentiles_ns
    return {
        "kind": artefact.kind,
        "scenario": artefact.scenario,
        "core": run.core,
        "artefact_digest": run.digest,
        "command": artefact.command,
        "host": {**host.model_dump(), "libraries": sorted(host.libraries.items())},
        "workload": (workload.name, workload.version) if workload else None,
        "commands_digest": workload.commands_digest if workload else None,
        "messages": workload.messages if workload else None,
        "passes": run.passes,
        "throughput_msg_s": run.throughput_msg_s,
        "p50_ns": p50_ns,
        "p99_ns": p99_ns,
        "p999_ns": p999_ns,
        "latency_count": latency.figures.count if latency else None,
        "latency_clock": latency.clock if latency else None,
        "events_digest": outcome.events_digest if outcome else None,
        "source": (source.name, source.sha256) if source else None,
        "commit": artefact.producer.commit,
        "dirty": artefact.producer.dirty,
        "measures": [_measure_json(each) | {"samples": each.samples} for each in measures(run)],
        "unstable": run.unstable,
        "checks_passed": run.checks_passed,
        "checks_failed": run.checks_failed,
    }
