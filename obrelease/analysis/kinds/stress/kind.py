"""The kind `stress`: its rules, plots and variants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from obrelease.analysis.kinds.csv_table import whole_numbers
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.kinds.run_commands import stress_commands
from obrelease.analysis.kinds.run_kind import DerivedTable, RunContent, RunKind, Variants
from obrelease.analysis.kinds.stress.tables import (
    CLOCKS,
    LOAD_COLUMNS,
    SCALES_FILE,
    SWEEP_FILE,
    audit_of,
    saturated_walls,
    scale_rows,
    scales_csv,
    scales_of,
)

_KNEE_FACTOR: Final = 10
_PERCENTILES: Final = 4
_VARIANT_COLUMNS: Final = {
    "scale": "scale",
    "sustained_median_msg_s": "sustained, msg/s",
    "offered_msg_s": "offered, msg/s",
    "done_msg_s": "done, msg/s",
    "service_p50_ns": "service p50, ns",
    "service_p99_ns": "service p99, ns",
    "response_p50_ns": "response p50, ns",
    "response_p99_ns": "response p99, ns",
    "response_p999_ns": "response p99.9, ns",
}


def run_title(arrivals: object, core: object, seed: object) -> str:
    """The title of the plots of a run."""
    return f"stress, {arrivals} arrivals, {core} core, seed {seed}"


def _plots(content: RunContent) -> dict[str, bytes]:
    from obrelease.analysis.kinds.stress.plots import throughput_by_scale
    from obrelease.analysis.plots.latency_curve import latency_curve

    artefact, scales = content.artefact, scales_of(content.artefact)
    largest, parameters = scales[-1], artefact.parameters
    seed = artefact.workload.seed if artefact.workload else None
    title = run_title(parameters.get("arrivals"), parameters.get("core"), seed)
    curves = {f"{clock} time": content.histogram(f"{clock}-latency-x{largest}") for clock in reversed(CLOCKS)}
    rates = {
        scale: throughput_msg_s(content.messages * scale // largest, saturated_walls(artefact, scale))
        for scale in scales
    }
    at_scale = f"{title}: x{largest:,} at {parameters['offered-msg-s']:,} msg/s"
    return {
        "latency.svg": latency_curve(curves, title=at_scale, clock="response and service"),
        "throughput.svg": throughput_by_scale(rates, title=title),
    }


def _walls_are_of_the_largest_scale(content: RunContent) -> Iterator[str]:
    largest = scales_of(content.artefact)[-1]
    if samples_of(content.artefact, WALL_TIMES) != saturated_walls(content.artefact, largest):
        yield f"{WALL_TIMES} is not saturated-wall-x{largest}"


def _every_message_is_timed(content: RunContent) -> Iterator[str]:
    """Every message of an open loop is timed, by both clocks."""
    scales = scales_of(content.artefact)
    for scale in scales:
        sent = content.messages * scale // scales[-1]
        names = {f"{clock}-latency-x{scale}" for clock in CLOCKS}
        for ref in content.artefact.histograms:
            if ref.id in names and ref.count + ref.out_of_range != sent:
                yield f"{sent} messages were sent, and {ref.id} has {ref.count + ref.out_of_range}"


def _events_are_of_the_largest_scale(content: RunContent) -> Iterator[str]:
    largest, outcome = scales_of(content.artefact)[-1], content.artefact.outcome
    audited = audit_of(content.artefact, largest)
    if outcome is None or audited is None:
        return
    audit, digest = audited
    if (audit.counts.get("events", 0), digest) != (outcome.events, outcome.events_digest):
        yield f"the events of {audit.name} are not those of the outcome"


def _sweep_rule(content: RunContent, table: bytes) -> Iterator[str]:
    """The knee is a rule over the table; percentiles rise; nothing does more than it is offered."""
    rows = whole_numbers(table, LOAD_COLUMNS, text_columns=0)
    if rows is None:
        yield "is not a table of loads"
        return
    for offered, done, *percentiles in rows:
        if done > offered:
            yield f"{done} msg/s done of {offered} offered"
        for at in range(0, len(percentiles), _PERCENTILES):
            if any(one > two for one, two in pairwise(percentiles[at : at + _PERCENTILES])):
                yield f"percentiles fall at {offered} msg/s"
    recorded = next((each.samples for each in content.artefact.metrics if each.name == "knee"), ())
    if recorded != (_knee(rows),):
        yield f"its knee is {_knee(rows)} msg/s, the envelope has {', '.join(map(str, recorded))}"


def _knee(rows: Sequence[Sequence[int]]) -> int:
    """The last offered load before response time at p99 is ten times the first, or 1 % stays undone."""
    p99 = LOAD_COLUMNS.index("response_p99_ns")
    knee = 0
    for row in rows:
        if row[p99] > _KNEE_FACTOR * rows[0][p99] or row[1] * 100 < row[0] * 99:
            break
        knee = row[0]
    return knee


def _variants(content: RunContent) -> Variants:
    rows = (tuple(row[name] for name in _VARIANT_COLUMNS) for row in scale_rows(content))
    return Variants(tuple(_VARIANT_COLUMNS.values()), tuple(rows))


STRESS: Final = RunKind(
    "stress",
    derived_tables=(DerivedTable(SCALES_FILE, scales_csv),),
    measured_tables={SWEEP_FILE: _sweep_rule},
    rules=(_walls_are_of_the_largest_scale, _every_message_is_timed, _events_are_of_the_largest_scale),
    counts_events=True,
    commands=stress_commands,
    plots=_plots,
    variants=_variants,
    figures=frozenset({"knee"}),
)
