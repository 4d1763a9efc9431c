"""The tables of results in release notes: at most seven columns, values in readable units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from obrelease.analysis.kinds.all_kinds import kind_named
from obrelease.analysis.notes.markdown import code, table, value_text
from obrelease.analysis.notes.release_delta import benchmark_cell
from obrelease.analysis.summary.key_figures import Figure, measures
from obrelease.analysis.summary.readable_values import number_text
from obrelease.analysis.summary.run import Run

_KEY_FIGURES: Final = ("benchmark", "throughput", "p50", "p99", "p99.9")
_MEASURES: Final = ("benchmark", "metric", "value", "statistic", "samples")
_HOST: Final = "host"
_COMMIT: Final = "commit"

MAX_MEASURES: Final = 100
"""Metrics of one run that the notes list; the page of a release has 125,000 characters."""


def results(runs: Sequence[Run], hosts: Mapping[str, str]) -> Iterator[str]:
    """The tables of all runs: key figures of our own kinds, then what else was measured.

    Args:
        hosts: the name of the host of each run, by its digest; they are shown if there are several. So are
            the commits.
    """
    more = _columns_of_runs(runs, hosts)
    keyed = [run for run in runs if run.throughput_msg_s is not None or run.latency is not None]
    if keyed:
        rows = [_key_row(run) + _cells(run, more) for run in keyed]
        yield table((*_KEY_FIGURES, *more), rows, numeric=(1, 2, 3, 4))
        yield from _remarks(keyed)
    rows = [_measure_row(run, measure) + _cells(run, more) for run in runs for measure in shown_measures(run)]
    if rows:
        yield table((*_MEASURES, *more), rows, numeric=(2, 4))
    if hidden := [line for run in runs for line in _left_out(run)]:
        yield "\n".join(hidden)
    if not keyed and not rows:
        yield "No run has a figure; the details name what was recorded."


def shown_measures(run: Run) -> Sequence[Figure]:
    """The primary metrics, or all if there is none; a page has room for some of them."""
    found = measures(run)
    return (tuple(each for each in found if each.primary) or found)[:MAX_MEASURES]


def _columns_of_runs(runs: Sequence[Run], hosts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Columns in which the runs differ, by title: the cell of each run, by its digest."""
    commits = {run.digest: code(run.commit[:12]) if run.commit else "unknown" for run in runs}
    columns = {_HOST: dict(hosts), _COMMIT: commits}
    return {title: cells for title, cells in columns.items() if len(set(cells.values())) > 1}


def _cells(run: Run, columns: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(cells[run.digest] for cells in columns.values())


def _key_row(run: Run) -> tuple[str, ...]:
    return (
        benchmark_cell(run) + (" (unstable)" if run.unstable else ""),
        value_text(run.throughput_msg_s, "msg/s"),
        *(value_text(value, "ns") for value in run.percentiles_ns),
    )


def _measure_row(run: Run, measure: Figure) -> tuple[str, ...]:
    return (
        benchmark_cell(run),
        code(measure.metric),
        value_text(measure.value, measure.unit),
        code(measure.statistic),
        number_text(measure.samples),
    )


def _remarks(runs: Sequence[Run]) -> Iterator[str]:
    """What the percentiles are of, and what is special about a kind."""
    clocks = sorted({run.latency.clock for run in runs if run.latency})
    if clocks:
        yield f"Percentiles are {' and '.join(code(clock) for clock in clocks)} times per message."
    kinds = dict.fromkeys(run.artefact.kind for run in runs if run.latency)
    yield from dict.fromkeys(remark for kind in kinds if (remark := kind_named(kind).remark))


def _left_out(run: Run) -> Iterator[str]:
    if hidden := len(measures(run)) - len(shown_measures(run)):
        noun = "metric" if hidden == 1 else "metrics"
        yield f"* {code(run.digest[:12])} has {hidden:,} more {noun}, not listed here."
