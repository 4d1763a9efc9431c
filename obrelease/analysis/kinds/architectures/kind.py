"""The kind `architectures`: its rule, plots and variants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.analysis.kinds.architectures.table import (
    ARCHITECTURES_FILE,
    architectures_csv,
    busy_ns_per_message,
    rates_msg_s,
    table_rows,
)
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of
from obrelease.analysis.kinds.run_commands import architectures_commands
from obrelease.analysis.kinds.run_kind import DerivedTable, RunContent, RunKind, Variants

_MAX_CURVES: Final = 8
_VARIANT_COLUMNS: Final = {
    "architecture": "architecture",
    "core": "core",
    "throughput_median_msg_s": "throughput, msg/s",
    "bound_msg_s": "bound, msg/s",
    "latency_p50_ns": "p50, ns",
    "latency_p99_ns": "p99, ns",
}


def _plots(content: RunContent) -> dict[str, bytes]:
    from obrelease.analysis.kinds.architectures.plot import architectures_compared
    from obrelease.analysis.plots.latency_curve import latency_curve

    names = content.list_parameter("architectures")
    seeds = ", ".join(content.list_parameter("seeds"))
    title = f"architectures, {content.messages:,} messages, seeds {seeds}"
    rates = {name: rates_msg_s(content, name) for name in names}
    stages = {name: busy_ns_per_message(content, name) for name in names}
    curves = {name: content.histogram(f"{name}-latency") for name in names[:_MAX_CURVES]}
    return {
        "architectures.svg": architectures_compared(rates, stages, title=title),
        "latency.svg": latency_curve(curves, title=title, clock="service"),
    }


def _walls_are_of_the_first_architecture(content: RunContent) -> Iterator[str]:
    first = content.list_parameter("architectures")[0]
    if samples_of(content.artefact, WALL_TIMES) != samples_of(content.artefact, f"{first}-wall"):
        yield f"{WALL_TIMES} is not {first}-wall"


def _variants(content: RunContent) -> Variants:
    rows = (tuple(row[name] for name in _VARIANT_COLUMNS) for row in table_rows(content))
    return Variants(tuple(_VARIANT_COLUMNS.values()), tuple(rows))


ARCHITECTURES: Final = RunKind(
    "architectures",
    derived_tables=(DerivedTable(ARCHITECTURES_FILE, architectures_csv),),
    rules=(_walls_are_of_the_first_architecture,),
    counts_events=True,
    commands=architectures_commands,
    plots=_plots,
    variants=_variants,
)
