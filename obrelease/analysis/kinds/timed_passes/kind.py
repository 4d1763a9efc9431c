"""The kinds `bench` (seeded flow) and `replay` (recorded market data)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obrelease.analysis.histograms.histogram import percentile_csv
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.kinds.run_commands import bench_commands, replay_commands
from obrelease.analysis.kinds.run_kind import DerivedTable, RunContent, RunKind
from obrelease.analysis.kinds.timed_passes.summary_table import SUMMARY_FILE, summary_csv
from obrelease.errors import InvalidInput

LATENCY_TABLE: Final = "latency.csv"


def run_title(kind: str, scenario: str, *, core: object, seed: object, messages: int) -> str:
    """The title of the plots of a run; `seed` is None for recorded data."""
    seeded = "" if seed is None else f", seed {seed}"
    return f"{kind} {scenario}, {core} core{seeded}: {messages:,} messages"


def _latency_csv(content: RunContent) -> bytes:
    """The percentile curve of the run's first histogram."""
    if not content.artefact.histograms:
        raise InvalidInput(f"no histogram, of which {LATENCY_TABLE} is the curve")
    return percentile_csv(content.histogram(content.artefact.histograms[0].id))


def _plots(content: RunContent) -> dict[str, bytes]:
    from obrelease.analysis.kinds.timed_passes.plots import throughput_by_pass
    from obrelease.analysis.plots.latency_curve import latency_curve

    artefact, core = content.artefact, str(content.artefact.parameters["core"])
    seed = artefact.workload.seed if artefact.workload else None
    title = run_title(artefact.kind, artefact.scenario, core=core, seed=seed, messages=content.messages)
    curves = {core: content.histogram(artefact.histograms[0].id)}
    rates = throughput_msg_s(content.messages, samples_of(artefact, WALL_TIMES))
    return {
        "latency.svg": latency_curve(curves, title=title, clock="service"),
        "throughput.svg": throughput_by_pass(rates, title=title),
    }


BENCH: Final = RunKind(
    "bench",
    derived_tables=(
        DerivedTable(SUMMARY_FILE, summary_csv, every_version=True),
        DerivedTable(LATENCY_TABLE, _latency_csv, every_version=True),
    ),
    counts_events=True,
    commands=bench_commands,
    plots=_plots,
    remark=(
        "Throughput hands the whole stream to the core in one call; latency is that of one call per "
        "message, the call itself and the timer included, so the one is not the inverse of the other."
    ),
)
REPLAY: Final = replace(BENCH, name="replay", commands=replay_commands)
