"""False-positive and detection rates of the gate, measured on made-up and on recorded runs.

    python scripts/calibrate_gate.py                          both tables, 1,000 trials each
    python scripts/calibrate_gate.py --table metrics          only the one of many metrics
    python scripts/calibrate_gate.py --json docs/gate-calibration.json   the same figures as JSON as well
    python scripts/calibrate_gate.py --from docs/gate-calibration.json   only print the tables of such a file
    python scripts/calibrate_gate.py --real results --kind bench --scenario x10 --core native

Made-up runs have what breaks naive tests: latencies that depend on the ones before them, and an
offset of each process of its own. The table of many metrics changes one of them, or none. The real mode
splits recorded runs of one and the same program at random into two sides, again and again: whatever the
gate then finds is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.analysis.comparison.compare import Comparison, MetricComparison, compare
from obrelease.analysis.comparison.gate import GateVerdict, evaluate_gate
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.verdict import Rules, Verdict
from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import THROUGHPUT, Metric, Run
from obrelease.models.artefact import Artefact, Host, Producer, StableHost, VolatileHost
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from scripts.many_metrics import (
    FOUND,
    ManyMetrics,
    ManyMetricsRow,
    many_metrics_settings,
    many_metrics_table,
    measure_many,
)

LATENCY = "service-latency"
P99 = f"{LATENCY} p99"
PASSES = 5
BLOCKS, BLOCK = 200, 100
"""A run's latencies: blocks of messages, each block's level tied to the one before it."""

PERSISTENCE = 0.9
Sides = Iterator[tuple[list[Run], list[Run]]]
"""Base and head of each trial."""

MADE_UP = Artefact(
    kind="bench",
    scenario="made-up",
    title="made-up",
    created_ns="0",
    command=(),
    producer=Producer(name="calibrate-gate", version="1"),
    host=Host(
        stable=StableHost(system="none", machine="none", cpu_model="none", cpu_count=1, python="none"),
        volatile=VolatileHost(),
    ),
)
"""The envelope of every made-up run."""


@dataclass(frozen=True)
class Setting:
    """One row of the table: what is injected, and how noisy the processes are."""

    name: str
    noise_percent: float
    throughput_percent: float = 0.0
    p99_percent: float = 0.0


@dataclass(frozen=True)
class Row:
    """The result of a setting; shares of the trials in percent.

    `alarms` has any verdict of better or worse on a metric that was not touched, `found` a verdict
    of worse on the one that was; the gate guards throughput and p99; `covered` counts the trials
    whose interval of the throughput ratio held the true ratio.
    """

    setting: Setting
    trials: int
    alarms: float
    found: float | None
    gate_regression: float
    gate_inconclusive: float
    covered: float
    detectable_percent: float | None


def made_up_run(setting: Setting, number: int, *, head: bool, stream: RandomStream) -> Run:
    """One process: fast, slow (2 %) and rare (0.3 %) messages; p99 is one of the slow ones."""
    noise = setting.noise_percent / 100
    offset, tail_offset = (stream.normal((2,)) * noise).tolist()
    level = _autocorrelated(stream, BLOCKS) * 0.05
    draw, spread = stream.uniform((BLOCKS, BLOCK)), stream.normal((BLOCKS, BLOCK))
    slow = math.log(10) + tail_offset + (math.log1p(setting.p99_percent / 100) if head else 0.0)
    rare = draw < 0.003
    kind = np.where(rare, math.log(200) + tail_offset, np.where(draw < 0.023, slow, 0.0))
    latency_ns = np.exp(math.log(2_000) + offset + level[:, None] + kind + 0.1 * spread)
    rate = 1e6 * np.exp(-offset + _autocorrelated(stream, PASSES) * 0.01)
    if head:
        rate = rate / (1 + setting.throughput_percent / 100)
    values, counts = np.unique(latency_ns.astype(np.int64), return_counts=True)
    return Run(
        digest=f"{'head' if head else 'base'}-{number}",
        artefact=MADE_UP.model_copy(update={"created_ns": str(2 * number + (head ^ (number % 2)))}),
        metrics={THROUGHPUT: Metric(THROUGHPUT, THROUGHPUT, "msg/s", "higher", tuple(rate.tolist()))},
        histograms={LATENCY: (Histogram(values, values, counts.astype(np.int64)),)},
    )


def _autocorrelated(stream: RandomStream, length: int) -> NDArray[np.float64]:
    """float64 [length] of variance 1, each value correlated with the one before."""
    fresh = stream.normal((length,)) * math.sqrt(1 - PERSISTENCE**2)
    values = np.empty(length)
    values[0] = fresh[0] / math.sqrt(1 - PERSISTENCE**2)
    for index in range(1, length):
        values[index] = PERSISTENCE * values[index - 1] + fresh[index]
    return values


def made_up(setting: Setting, runs: int, trials: int, seed: int) -> Sides:
    """The two sides of each trial."""
    for trial in range(trials):
        stream = RandomStream(seed, f"{setting}/{trial}")
        yield (
            [made_up_run(setting, number, head=False, stream=stream) for number in range(runs)],
            [made_up_run(setting, number, head=True, stream=stream) for number in range(runs)],
        )


def split_at_random(pool: Sequence[Run], runs: int, trials: int, seed: int) -> Sides:
    """The pool split at random into two sides, `trials` times."""
    for trial in range(trials):
        order = np.argsort(RandomStream(seed, f"deal/{trial}").uniform((len(pool),)))
        chosen = [pool[index] for index in order[: 2 * runs]]
        yield chosen[:runs], chosen[runs:]


def policy(threshold_percent: float, resamples: int, guarded: Sequence[str]) -> GatePolicy:
    """A policy that guards the named metrics."""
    return GatePolicy(
        format="obrelease.gate-policy",
        version=1,
        metric=tuple(GuardedMetric(name=name) for name in guarded),
        threshold_percent=threshold_percent,
        resamples=resamples,
    )


def measure(setting: Setting, sides: Sides, guard: GatePolicy) -> Row:
    """Compare and gate every trial of a setting, and count."""
    rules: Rules = guard.rules()
    counts: Counter[str] = Counter()
    detectable: list[float] = []
    touched = {THROUGHPUT: setting.throughput_percent, P99: setting.p99_percent}
    for base, head in sides:
        compared = compare(base, head, rules)
        counts["trials"] += 1
        for name, hit in _marks(compared, touched, setting):
            counts[name] += hit
        counts[evaluate_gate(guard, base, head).verdict] += 1
        own = next(m for m in compared.metrics if m.name == _subject(touched))
        detectable += [own.detectable_percent] if own.detectable_percent is not None else []
    share = {name: 100 * count / counts["trials"] for name, count in counts.items()}
    return Row(
        setting=setting,
        trials=counts["trials"],
        alarms=share.get("alarms", 0.0),
        found=share.get("found", 0.0) if any(touched.values()) else None,
        gate_regression=share.get(GateVerdict.REGRESSION, 0.0),
        gate_inconclusive=share.get(GateVerdict.INCONCLUSIVE, 0.0),
        covered=share.get("covered", 0.0),
        detectable_percent=float(np.median(detectable)) if detectable else None,
    )


def _subject(touched: dict[str, float]) -> str:
    return next((name for name, percent in touched.items() if percent), THROUGHPUT)


def _marks(compared: Comparison, touched: dict[str, float], setting: Setting) -> Iterator[tuple[str, bool]]:
    metrics: dict[str, MetricComparison] = {metric.name: metric for metric in compared.metrics}
    untouched = [metric for name, metric in metrics.items() if not touched.get(name)]
    yield "alarms", any(metric.decision.verdict in FOUND for metric in untouched)
    yield "found", metrics[_subject(touched)].decision.verdict is Verdict.WORSE
    low, high = metrics[THROUGHPUT].low, metrics[THROUGHPUT].high
    truth = 1 / (1 + setting.throughput_percent / 100)
    yield "covered", low is not None and high is not None and low <= truth <= high


def settings() -> tuple[Setting, ...]:
    """The rows of the made-up table."""
    quiet, loud = 1.0, 3.0
    return tuple(
        Setting(name, noise, throughput, p99)
        for noise in (quiet, loud)
        for name, throughput, p99 in (
            ("A/A", 0.0, 0.0),
            ("throughput 5 % slower", 5.0, 0.0),
            ("throughput 10 % slower", 10.0, 0.0),
            ("p99 alone 5 % slower", 0.0, 5.0),
            ("p99 alone 10 % slower", 0.0, 10.0),
        )
    )


def real_pool(options: argparse.Namespace) -> list[Run]:
    """Recorded runs that compare with each other."""
    registry = Registry(options.real)
    entries = registry.find(
        Filter(kind=options.kind, scenario=options.scenario, core=options.core, commit=options.commit)
    )
    pool = [read_run(registry.load(entry), digest=entry.digest, folder=entry.folder) for entry in entries]
    if len(pool) < 2 * options.runs:
        sys.exit(f"{options.real}: {len(pool)} such runs, {2 * options.runs} are needed")
    return pool


def experiments(options: argparse.Namespace) -> Iterator[tuple[Setting, Sides]]:
    """The trials of the recorded pool, or of every row of the made-up table."""
    runs, trials, seed = options.runs, options.trials, options.seed
    if options.real:
        pool = real_pool(options)
        yield (
            Setting(f"A/A from {len(pool)} recorded runs", math.nan),
            split_at_random(pool, runs, trials, seed),
        )
        return
    for setting in settings():
        yield setting, made_up(setting, runs, trials, seed)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| injected | offset of a process | trials | false alarms | found | gate: regression | inconclusive "
        "| interval holds the truth | detectable (median) |",
        "|--|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        found = "" if row.found is None else f"{row.found:.1f} %"
        smallest = "" if row.detectable_percent is None else f"{row.detectable_percent:.1f} %"
        noise = "as recorded" if math.isnan(row.setting.noise_percent) else f"{row.setting.noise_percent:g} %"
        cells = (
            row.setting.name,
            noise,
            str(row.trials),
            f"{row.alarms:.1f} %",
            found,
            f"{row.gate_regression:.1f} %",
            f"{row.gate_inconclusive:.1f} %",
            f"{row.covered:.1f} %",
            smallest,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=6, help="on each side")
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--table", choices=("processes", "metrics", "both"), default="both")
    parser.add_argument("--threshold-percent", type=float, default=2.0)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="print a file of --json")
    parser.add_argument("--real", type=Path, metavar="RESULTS", help="split recorded runs instead")
    for name in ("--kind", "--scenario", "--core", "--commit"):
        parser.add_argument(name, help="of the recorded runs")
    return parser.parse_args(arguments)


def most_alarms(trials: int) -> float:
    """The largest share of false alarms, in percent, that 5 % explain: exceeded one time in a hundred."""
    return 5 + 233 * math.sqrt(0.05 * 0.95 / trials)


def document_of(rows: Sequence[Row], many: Sequence[ManyMetricsRow]) -> dict[str, object]:
    """The figures of both tables as JSON values."""
    return {"processes": [asdict(row) for row in rows], "many_metrics": [asdict(row) for row in many]}


def read_document(text: str) -> tuple[list[Row], list[ManyMetricsRow]]:
    """The rows of both tables from such a document."""
    document = json.loads(text)
    rows = [Row(**{**row, "setting": Setting(**row["setting"])}) for row in document["processes"]]
    many = [
        ManyMetricsRow(**{**row, "setting": ManyMetrics(**row["setting"])})
        for row in document["many_metrics"]
    ]
    return rows, many


def tables(rows: Sequence[Row], many: Sequence[ManyMetricsRow]) -> str:
    """Both tables, as far as they have rows."""
    return "\n\n".join([*([table(rows)] if rows else []), *([many_metrics_table(many)] if many else [])])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; exit code 1 if there are more false alarms than 5 % explain."""
    options = parsed(arguments)
    if options.source:
        print(tables(*read_document(options.source.read_text("utf-8"))))
        return 0
    guarded = [THROUGHPUT] if options.real else [THROUGHPUT, P99]
    guard = policy(options.threshold_percent, options.resamples, guarded)
    rows: list[Row] = []
    many: list[ManyMetricsRow] = []
    if options.real or options.table != "metrics":
        rows = [measure(setting, sides, guard) for setting, sides in experiments(options)]
    if not options.real and options.table != "processes":
        chosen = options.runs, options.trials, options.seed, guard.rules()
        many = [measure_many(setting, *chosen) for setting in many_metrics_settings()]
    print(f"{options.runs} + {options.runs} runs, level 5 %, threshold {options.threshold_percent:g} %\n")
    print(tables(rows, many))
    if options.json:
        options.json.write_text(json.dumps(document_of(rows, many), indent=1) + "\n", "utf-8")
    alarms = [row.alarms for row in rows if row.found is None] + [row.significant for row in many]
    return int(max(alarms) > most_alarms(options.trials))


if __name__ == "__main__":
    sys.exit(main())
