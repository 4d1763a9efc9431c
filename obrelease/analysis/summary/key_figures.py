"""The summary figures of a run: those that lists, `show`, release notes and data frames print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from obrelease.analysis.summary.run import THROUGHPUT, Metric, Run
from obrelease.models.labels_and_directions import Direction

_LARGEST_WHOLE: Final = 1e15

FIGURE_COLUMNS: Final = (
    "throughput_median_msg_s", "passes", "latency_clock", "latency_p50_ns", "latency_p99_ns",
    "latency_p999_ns", "headline", "headline_unit", "headline_median", "unstable",
)  # fmt: skip
"""The columns that `figure_cells` fills, in their order."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that summarises a run.

    Attributes:
        metric: the name that comparisons use, such as `throughput` or `service-latency p99`.
        label: the name in release notes, such as `p99 (service)`.
        value: in `unit`; the median of the samples, or a percentile.
        samples: how many samples it is the median of, or how many values the histogram has; None if the
            file of another tool does not say.
    """

    metric: str
    label: str
    unit: str
    direction: Direction | None
    value: int | float
    samples: int | None


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
    if kind.other_tool:
        found = list(run.metrics.values())
    else:
        found = [
            Metric(m.id, m.name, m.unit, m.direction, m.samples)
            for m in run.artefact.metrics
            if kind.is_figure(m.name)
        ]
    return tuple(Figure(m.name, m.name, m.unit, m.direction, m.value, m.count) for m in found)


def headline(run: Run) -> Figure | None:
    """The first figure that a reader looks at: the throughput, or else the first other measurement."""
    return next(iter((*throughput_figures(run), *measures(run))), None)


def figures_of(run: Run) -> dict[str, Any]:
    """The figures of a run for `--json`, the unit in every name."""
    p50_ns, p99_ns, p999_ns = run.percentiles_ns
    return {
        "throughput_median_msg_s": run.throughput_msg_s,
        "passes": run.passes,
        "latency_clock": run.latency.clock if run.latency else None,
        "latency_p50_ns": p50_ns,
        "latency_p99_ns": p99_ns,
        "latency_p999_ns": p999_ns,
        "measures": [{"name": m.metric, "unit": m.unit, "median": m.value} for m in measures(run)],
        "unstable": list(run.unstable),
        "checks_passed": list(run.checks_passed),
        "checks_failed": list(run.checks_failed),
    }


def figure_cells(run: Run | None) -> Mapping[str, Any]:
    """The same as flat cells for a table, columns `FIGURE_COLUMNS`; all None for an unreadable run."""
    if run is None:
        return dict.fromkeys(FIGURE_COLUMNS)
    first = headline(run)
    cells = figures_of(run) | {
        "headline": first.metric if first else None,
        "headline_unit": first.unit if first else None,
        "headline_median": first.value if first else None,
        "unstable": bool(run.unstable),
    }
    return {column: cells[column] for column in FIGURE_COLUMNS}


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
        "measures": [
            {"name": m.metric, "unit": m.unit, "samples": m.samples, "median": m.value} for m in measures(run)
        ],
        "unstable": run.unstable,
        "checks_passed": run.checks_passed,
        "checks_failed": run.checks_failed,
    }


def number_text(value: float | None) -> str:
    """A number for people: whole ones with separators, others with six significant digits."""
    if value is None:
        return ""
    is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < _LARGEST_WHOLE)
    return f"{int(value):,}" if is_whole else f"{value:.6g}"
