"""Pages of runs: a list in pages, and a page for each run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.summary.metric_figures import histogram_figures, metric_figures
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.run import Run
from obrelease.models.finding import printable
from obrelease.registry.entry import Entry
from obrelease.site.assets import flame_script, site_style
from obrelease.site.earlier_runs import EarlierCurve, EarlierRuns
from obrelease.site.flame_data import flame_boxes
from obrelease.site.history_pages import HistoryPage
from obrelease.site.pass_chart import throughput_chart
from obrelease.site.percentile_chart import Curve, percentile_chart, percentile_values
from obrelease.site.templating import render, script_data
from obrelease.site.texts import SHORT_COMMIT, measured_text, short_run

ROWS_PER_PAGE: Final = 500
MOST_METRICS: Final = 1_000


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
                rows=run_rows(part),
                total=len(entries),
                page=page,
                pages=pages,
            ),
        )


def run_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rows of a list of runs."""
    return [_row(entry) for entry in entries]


def run_page(
    entry: Entry,
    run: Run,
    *,
    project: str,
    histories: Sequence[HistoryPage],
    earlier: EarlierRuns,
    flame: bytes | None = None,
) -> bytes:
    """The page of a run.

    Args:
        histories: those that this run is a point of.
        earlier: the runs before this one, whose latencies are drawn behind its own.
        flame: the recorded flame graph, an SVG.
    """
    boxes = flame_boxes(flame) if flame else []
    artefact = run.artefact
    metrics = metric_figures(run)[:MOST_METRICS]
    files = {page.history.series.metric_id: page.file for page in histories}
    in_table = {each.metric.id for each in metrics}
    other_pages = [page for page in histories if page.history.series.metric_id not in in_table]
    heading = f"{artefact.kind} {printable(artefact.title)}{f' {run.core}' if run.core else ''}"
    return render(
        "run.html.jinja",
        style=site_style(),
        script=flame_script() if boxes else None,
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
                "history": files.get(each.metric.id, ""),
            }
            for each in metrics
        ],
        histograms=[
            _histogram(
                figures.ref.name,
                figures.ref.clock,
                merge(run.histograms[figures.ref.id]),
                earlier.before(run, figures.ref.id),
            )
            for figures in histogram_figures(run)
        ],
        throughput=throughput_chart(run),
        other_histories=[
            {"file": page.file, "name": printable(page.history.series.name)} for page in other_pages
        ],
        files=[
            {"path": file.path, "size": f"{file.size:,}", "sha256": file.sha256} for file in artefact.files
        ],
        flame=script_data(boxes) if boxes else "",
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


def _histogram(
    name: str, clock: str, histogram: Histogram, earlier: Sequence[EarlierCurve]
) -> dict[str, Any]:
    percentiles = percentile_values(histogram)
    behind = [Curve(each.histogram, f"curve earlier{at}", each.run) for at, each in enumerate(earlier)]
    return {
        "name": printable(name),
        "clock": clock,
        "chart": percentile_chart([*behind[::-1], Curve(histogram)]),
        "earlier": [{"run": each.run, "commit": each.commit} for each in earlier],
        "percentiles": percentiles,
        "label": f"Latency by percentile: {', '.join(f'{name} {value}' for name, value in percentiles)}",
    }


def _row(entry: Entry) -> dict[str, Any]:
    failed = entry.checks_failed
    return {
        "file": f"{short_run(entry.digest)}.html",
        "digest": short_run(entry.digest),
        "whole_digest": entry.digest,
        "measured": measured_text(entry.created_ns),
        "kind": entry.kind,
        "scenario": entry.scenario,
        "core": printable(entry.core or "-"),
        "commit": (entry.commit or "-")[:SHORT_COMMIT],
        "failed": bool(failed),
        "checks": "-" if failed is None else f"{failed} FAILED" if failed else "passed",
    }
