"""Pages of runs: a list in pages, and a page for each run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.summary.metric_figures import histogram_figures, metric_figures
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.run import Run
from obrelease.models.finding import printable
from obrelease.registry.entry import Entry
from obrelease.site.assets import site_style
from obrelease.site.templating import render
from obrelease.site.texts import SHORT_COMMIT, measured_text, short_run

ROWS_PER_PAGE: Final = 500
MOST_METRICS: Final = 1_000
_PERCENTILES: Final = (50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_CURVE_POINTS: Final = 120


def run_lists(entries: Sequence[Entry], *, project: str) -> Iterator[tuple[str, bytes]]:
    """The pages that list all runs, newest first, by file name."""
    pages = max(1, math.ceil(len(entries) / ROWS_PER_PAGE))
    for page in range(1, pages + 1):
        part = entries[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
        yield (
            "index.html" if page == 1 else f"page-{page}.html",
            render(
                "runs.html.jinja",
                style=site_style(),
                script=None,
                up="../",
                project=project,
                title=f"{project}: runs",
                rows=[_row(entry) for entry in part],
                total=len(entries),
                page=page,
                pages=pages,
            ),
        )


def run_page(entry: Entry, run: Run, *, project: str, histories: Mapping[str, str]) -> bytes:
    """The page of a run.

    Args:
        histories: file names of histories by the name of their metric.
    """
    artefact = run.artefact
    metrics = metric_figures(run)[:MOST_METRICS]
    heading = f"{artefact.kind} {printable(artefact.title)}{f' {run.core}' if run.core else ''}"
    return render(
        "run.html.jinja",
        style=site_style(),
        script=None,
        up="../",
        project=project,
        title=f"{heading} {short_run(entry.digest)}",
        heading=heading,
        facts=list(_facts(entry, run)),
        checks=[
            {"name": each.name, "passed": each.passed, "detail": printable(each.detail)}
            for each in (artefact.outcome.checks if artefact.outcome else ())
        ],
        metrics=[
            {
                "name": printable(each.metric.name),
                "parameters": printable(
                    ", ".join(f"{key}={value}" for key, value in each.metric.parameters.items())
                ),
                "value": readable(each.value, each.metric.unit),
                "count": f"{each.metric.statistic}, {each.metric.count} samples"
                if each.metric.count is not None
                else each.metric.statistic,
                "low": readable(each.minimum, each.metric.unit),
                "high": readable(each.maximum, each.metric.unit),
                "history": histories.get(each.metric.name, ""),
            }
            for each in metrics
        ],
        histograms=[
            _histogram(figures.ref.name, figures.ref.clock, merge(run.histograms[figures.ref.id]))
            for figures in histogram_figures(run)
        ],
        files=[
            {"path": file.path, "size": f"{file.size:,}", "sha256": file.sha256} for file in artefact.files
        ],
        location=entry.location,
        digest12=short_run(entry.digest),
    )


def _facts(entry: Entry, run: Run) -> Iterator[tuple[str, str]]:
    artefact = run.artefact
    host, stable = artefact.host, artefact.host.stable
    yield "digest", entry.digest
    yield "measured", f"{measured_text(entry.created_ns)} UTC"
    yield "by", printable(f"{artefact.producer.name} {artefact.producer.version}")
    if entry.commit:
        yield "commit", f"{entry.commit}{' (with changes)' if entry.dirty else ''}"
    if host.name:
        yield "host", printable(host.name)
    machine = (stable.cpu_model, f"{stable.cpu_count} cpus" if stable.cpu_count else "", stable.system)
    yield "machine", printable(", ".join(part for part in machine if part and part != "unknown") or "unknown")
    for name, value in artefact.label_values.items():
        yield f"label {printable(name)}", printable(str(value))
    for name, value in artefact.parameters.items():
        yield printable(name), printable(str(value))
    if artefact.outcome:
        yield "events digest", artefact.outcome.events_digest
    yield "command", printable(" ".join(artefact.command))


def _histogram(name: str, clock: str, histogram: Histogram) -> dict[str, Any]:
    """A curve over percentiles on HdrHistogram's axis: equal steps for 90 %, 99 %, 99.9 % and so on."""
    count = max(2, histogram.count)
    end = math.log10(count)
    places = [end * step / _CURVE_POINTS for step in range(_CURVE_POINTS + 1)]
    values = [max(1, histogram.percentile_ns(100 * (1 - 10**-place))) for place in places]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    high = max(high, low + 1)

    def x(place: float) -> str:
        return f"{60 + 570 * place / end:.1f}"

    def y(value: float) -> float:
        return round(205 - 195 * (math.log10(value) - low) / (high - low), 1)

    nines = [
        (0.0, "0 %"),
        *((float(n), f"{100 * (1 - 10**-n):.10g} %") for n in range(1, math.floor(end) + 1)),
    ]
    percentiles = [
        (f"{percent:g} %", readable(histogram.percentile_ns(percent), "ns"))
        for percent in _PERCENTILES
        if histogram.count * (1 - percent / 100) >= 1
    ]
    return {
        "name": printable(name),
        "clock": clock,
        "points": " ".join(f"{x(place)},{y(value)}" for place, value in zip(places, values, strict=True)),
        "grid": [{"x": x(place), "text": text} for place, text in nines],
        "levels": [{"y": y(10**power), "text": readable(10**power, "ns")} for power in range(low, high + 1)],
        "percentiles": percentiles,
        "label": f"Latency by percentile: {', '.join(f'{name} {value}' for name, value in percentiles)}",
    }


def _row(entry: Entry) -> dict[str, Any]:
    failed = entry.checks_failed
    return {
        "file": f"{short_run(entry.digest)}.html",
        "digest": short_run(entry.digest),
        "measured": measured_text(entry.created_ns),
        "kind": entry.kind,
        "scenario": entry.scenario,
        "core": printable(entry.core or "-"),
        "commit": (entry.commit or "-")[:SHORT_COMMIT],
        "failed": bool(failed),
        "checks": "-" if failed is None else f"{failed} FAILED" if failed else "passed",
    }
