"""Measure the bundled engine: bench, stress, architectures, replay and profile, one function per mode.

Each mode is loaded by its function: loading all of them takes longer than a small measurement.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from obrelease.analysis.summary.key_figures import figures_of
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.analysis.summary.stability import is_inconclusive
from obrelease.api.arguments import (
    check_flags,
    check_integers,
    check_texts,
    checked_integers,
    checked_optional_path,
    checked_texts,
)
from obrelease.api.clock import now_ns
from obrelease.api.producer import this_program
from obrelease.api.project import ProjectLike, project_of
from obrelease.errors import CheckFailed, Inconclusive, UsageError
from obrelease.models.artefact import Producer
from obrelease.recorder.bench import record_bench
from obrelease.recorder.engine_adapter import bench_work
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.files import read_bounded
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SILENT, Reporter

DEFAULT_PASSES = 5
DEFAULT_BENCH_SEED = 42
DEFAULT_STRESS_SEED = 2024

_TO_DECIDE: Final = {
    "risk-expectation": (
        "name a participant that the data have, a market maker (`[market_maker]`) or a strategy"
    ),
    "simulation-repeats": (
        "a strategy sends orders by `market.submit`; the trades of a level feed go to `obengine.Simulation`"
    ),
}
"""What lets an inconclusive check decide."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run that was measured and recorded.

    Attributes:
        entry: what the registry knows of the run.
        run: its envelope and its figures.
        rows: the table that is the result of the mode, a row per variant; None for modes without one.
    """

    entry: Entry
    run: Run
    rows: tuple[dict[str, str], ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease run ... --json` prints."""
        document: dict[str, Any] = {"run": self.entry.as_json(), "figures": figures_of(self.run)}
        return document if self.rows is None else document | {"rows": list(self.rows)}

    def require_checks_passed(self) -> None:
        """Raise if the run failed to prove what it checks.

        Raises:
            CheckFailed: names the checks that failed.
            Inconclusive: the others had nothing to decide them by.
        """
        outcome = self.run.artefact.outcome
        undecided = [check for check in (outcome.checks if outcome else ()) if is_inconclusive(check)]
        if undecided and len(undecided) == len(self.run.checks_failed):
            raise Inconclusive(
                f"{undecided[0].name} is inconclusive: {undecided[0].detail}",
                hint=_TO_DECIDE.get(undecided[0].name, "replay data that have what the check compares"),
            )
        if self.run.checks_failed:
            raise CheckFailed(
                f"checks of the run failed: {', '.join(self.run.checks_failed)}",
                hint="`obrelease show latest` prints every check, with what it found",
            )


def run_bench(
    scenario: str = "baseline",
    *,
    seed: int = DEFAULT_BENCH_SEED,
    core: str = "auto",
    passes: int = DEFAULT_PASSES,
    messages: int | None = None,
    fresh_processes: bool = False,
    log: Path | None = None,
    pictures: bool = True,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> RunReport:
    """Measure seeded order flow and record the run.

    Args:
        scenario: a name from `run_scenarios`.
        seed: of the order flow, 0 to 2^64 - 1.
        core: `reference`, `native`, or `auto` for the fastest that is installed.
        passes: timed passes.
        messages: overrides the scenario's own length.
        fresh_processes: time each pass in a process of its own.
        log: also write every event to this file as JSON lines.
        pictures: draw the plots and record them; `plot_run` draws them at any time.
        project: whose results folder records the run.

    Raises:
        UsageError: a name or a number that is not valid.
        NotFound: the core is not installed.
        NotReproduced: two passes gave different events; nothing is recorded.
        StorageError: the disk refused.
    """
    check_texts(scenario=scenario, core=core)
    check_integers(seed=seed, passes=passes, messages=0 if messages is None else messages)
    check_flags(fresh_processes=fresh_processes, pictures=pictures)
    target = checked_optional_path("log", log)
    total = bench_work(scenario, passes=passes, messages=messages)
    with _recording(project, reporter, f"bench {scenario}", total, core) as (registry, facts, advance):
        entry = record_bench(
            registry,
            scenario=scenario,
            seed=seed,
            core=core,
            passes=passes,
            messages=messages,
            fresh_processes=fresh_processes,
            log=target,
            pictures=pictures,
            progress=advance,
            **facts,
        )
    return _report(registry, entry)


def run_stress(
    *,
    arrivals: str = "poisson",
    scales: Sequence[int] = (1,),
    seed: int = DEFAULT_STRESS_SEED,
    core: str = "auto",
    passes: int = DEFAULT_PASSES,
    rate: int | None = None,
    sweep: bool = False,
    log: Path | None = None,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> RunReport:
    """Offer seeded flow at intended times and record the run.

    Args:
        arrivals: `poisson`, `burst` or `hawkes`.
        scales: multiples of 2,000 messages.
        rate: messages offered a second; half of the maximum if None.
        sweep: raise the load step by step and find the knee.
        seed, core, passes, log, project: as for `run_bench`.

    Raises: as `run_bench`.
    """
    from obrelease.recorder.stress import SUMMARY_FILE, record_stress, stress_work

    check_texts(arrivals=arrivals, core=core)
    check_integers(seed=seed, passes=passes, rate=0 if rate is None else rate)
    check_flags(sweep=sweep)
    sizes = checked_integers("scales", scales)
    target = checked_optional_path("log", log)
    total = stress_work(sizes, passes=passes, sweep=sweep)
    with _recording(project, reporter, f"stress {arrivals}", total, core) as (registry, facts, advance):
        entry = record_stress(
            registry,
            arrivals=arrivals,
            scales=sizes,
            seed=seed,
            core=core,
            passes=passes,
            rate=rate,
            sweep=sweep,
            log=target,
            progress=advance,
            **facts,
        )
    return _report(registry, entry, rows_file=SUMMARY_FILE)


def run_architectures(
    *,
    seeds: Sequence[int] = (1, 2, 3),
    passes: int = 3,
    messages: int | None = None,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> RunReport:
    """Measure one job divided in every way that the engine knows, and record the run.

    Args:
        seeds: of the order flow, each once.
        passes: for each seed.
        messages: of each flow; 100,000 if None.

    Raises: as `run_bench`.
    """
    from obrelease.recorder.architectures import (
        DEFAULT_MESSAGES,
        SUMMARY_FILE,
        architectures_work,
        record_architectures,
    )

    check_integers(passes=passes, messages=0 if messages is None else messages)
    chosen = checked_integers("seeds", seeds)
    length = DEFAULT_MESSAGES if messages is None else messages
    total = architectures_work(chosen, passes=passes, messages=length)
    with _recording(project, reporter, "architectures", total) as (registry, facts, advance):
        entry = record_architectures(
            registry,
            seeds=chosen,
            passes=passes,
            messages=length,
            progress=advance,
            **facts,
        )
    return _report(registry, entry, rows_file=SUMMARY_FILE)


def run_replay(
    file: Path | None = None,
    *,
    core: str = "auto",
    passes: int = DEFAULT_PASSES,
    days: Sequence[str] = (),
    symbols: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
    risk: Path | None = None,
    strategy: str | None = None,
    queue: str = "exact",
    latency: str = "",
    fees: str = "",
    seed: int = 1,
    log: Path | None = None,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> RunReport:
    """Replay recorded market data, check it row by row, and record the run.

    Args:
        file: LOBSTER (one or more days), ITCH 5.0, DBN, a level feed in CSV (Tardis, Binance) or a tape; a
            bundled sample if None.
        days, symbols: of a LOBSTER folder or archive, the dates (`YYYY-MM-DD`) and symbols that are replayed
            in one run, each with a book of its own; all if empty. An ITCH file has symbols only.
        start, end: of an ITCH file, the time of day (`HH:MM`, seconds and nanoseconds if needed), both
            included. The book starts with the orders that are open then.
        risk: a file of risk limits that the replay is checked against, or the strategy if there is one.
        strategy: `module:function` or `file.py:function`, which makes an `obengine.Strategy` that runs beside
            the data. Its code is run.
        queue, latency, fees, seed: of the strategy's simulation, as `obrelease run replay --help` has them.
        core, passes, log, project: as for `run_bench`.

    Raises:
        InvalidInput: the file is malformed.
        NotFound: the file is missing; else as `run_bench`.
    """
    from obrelease.recorder.replay import record_replay
    from obrelease.recorder.simulation_settings import SimulationSettings

    check_texts(core=core, start=start or "", end=end or "", queue=queue, latency=latency, fees=fees)
    check_texts(strategy=strategy or "")
    if strategy is None and (queue, latency, fees, seed) != ("exact", "", "", 1):
        raise UsageError("queue, latency, fees and seed are of a strategy", hint="name one by --strategy")
    simulation = None if strategy is None else SimulationSettings(strategy, queue, latency, fees, seed)
    chosen_days, chosen_symbols = checked_texts("days", days), checked_texts("symbols", symbols)
    check_integers(passes=passes, seed=seed)
    source, limits, target = (
        checked_optional_path(name, path) for name, path in (("file", file), ("risk", risk), ("log", log))
    )
    with _recording(project, reporter, "replay", None, core) as (registry, facts, advance):
        entry = record_replay(
            registry,
            path=source,
            core=core,
            passes=passes,
            days=chosen_days,
            symbols=chosen_symbols,
            times=(start, end),
            risk=limits,
            simulation=simulation,
            log=target,
            progress=advance,
            **facts,
        )
    return _report(registry, entry)


def run_profile(
    scenario: str = "baseline",
    *,
    seed: int = DEFAULT_BENCH_SEED,
    core: str = "reference",
    profiler: str = "both",
    messages: int | None = None,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> RunReport:
    """Find where time and memory go in a scenario, and record the run. Its rates mean nothing.

    Args:
        profiler: `cprofile`, `tracemalloc` or `both`.
        scenario, seed, core, messages, project: as for `run_bench`.

    Raises: as `run_bench`.
    """
    from obrelease.analysis.kinds.profile.tables import ALLOCATIONS_FILE, FUNCTIONS_FILE
    from obrelease.recorder.profile import record_profile

    check_texts(scenario=scenario, core=core, profiler=profiler)
    check_integers(seed=seed, messages=0 if messages is None else messages)
    with _recording(project, reporter, f"profile {scenario}", None, core) as (registry, facts, _):
        entry = record_profile(
            registry,
            scenario=scenario,
            seed=seed,
            core=core,
            profiler=profiler,
            messages=messages,
            **facts,
        )
    rows_file = ALLOCATIONS_FILE if profiler == "tracemalloc" else FUNCTIONS_FILE
    return _report(registry, entry, rows_file=rows_file)


class _Facts(TypedDict):
    """What every mode records besides its own arguments: when, and by which program."""

    created_ns: int
    producer: Producer


@contextmanager
def _recording(
    project: ProjectLike, reporter: Reporter, title: str, total: int | None, core: str = "auto"
) -> Iterator[tuple[Registry, _Facts, Advance]]:
    """The registry that a run goes to, the facts of this moment, and the progress of the measurement."""
    owner = project_of(project)
    registry = Registry(owner.results_folder(must_exist=False))
    with reporter.progress(title, total) as advance:
        producer = this_program(owner, reporter, core)
        yield registry, _Facts(created_ns=now_ns(), producer=producer), advance


def _report(registry: Registry, entry: Entry, *, rows_file: str | None = None) -> RunReport:
    artefact = registry.load(entry)
    run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
    return RunReport(entry, run, _rows(entry.folder / rows_file) if rows_file else None)


def _rows(path: Path) -> tuple[dict[str, str], ...]:
    text = read_bounded(path).decode("utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))
