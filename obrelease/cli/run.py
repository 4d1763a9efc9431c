"""`obrelease run ...`: measure, and record the run as an artefact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease import __version__
from obrelease.cli.clock import now_ns
from obrelease.cli.command import ResultsOption, Session, command
from obrelease.cli.compare import ForceOption, PlotOption
from obrelease.cli.output import table
from obrelease.cli.settings import Settings, settle_matplotlib
from obrelease.errors import CheckFailed, NotFound, ObreleaseError, UsageError

if TYPE_CHECKING:
    from obrelease.analysis.notes import RunSummary
    from obrelease.models.artefact import Producer
    from obrelease.registry.entry import Entry
    from obrelease.registry.store import Registry

run_app = typer.Typer(
    help="Measure the engine and record the run.", no_args_is_help=True, rich_markup_mode=None
)

DEFAULT_PASSES: Final = 5

CoreOption = Annotated[
    str,
    typer.Option(
        "--core", metavar="NAME", help="reference, native, or auto for the fastest that is installed."
    ),
]
PassesOption = Annotated[
    int, typer.Option("--passes", metavar="N", help="Timed passes, each over a fresh book.")
]


def register(app: typer.Typer) -> None:
    """Hang `run` and its modes into the command line."""
    app.add_typer(run_app, name="run")


@command(run_app, "bench")
def bench(
    session: Session,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="The workload; an unknown name lists them all.")
    ] = "baseline",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the order flow, 0 to 2^64 - 1.")] = 42,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    messages: Annotated[
        int | None, typer.Option("--messages", metavar="N", help="Another length than the scenario's own.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="REF", help="Measure this commit and the work tree in turn, then compare."
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", help="With --against: fresh processes on each side.")
    ] = 6,
    plot: PlotOption = None,
    force: ForceOption = False,
    results: ResultsOption = None,
) -> None:
    """Measure seeded order flow: throughput by pass, and the service time of single messages."""
    settings = session.settings(results=results)
    settle_matplotlib()
    if against is not None:
        from obrelease.cli.against import bench_against

        words = ["--scenario", scenario, "--seed", str(seed), "--passes", str(passes)]
        words += [] if messages is None else ["--messages", str(messages)]
        bench_against(
            session, settings, ref=against, runs=runs, core=core, words=words, plot=plot, force=force
        )
        return
    if plot is not None or force:
        raise UsageError("--plot and --force go with --against", hint="`obrelease diff` compares kept runs")
    from obrelease.recorder import bench_work
    from obrelease.recorder.record import record_bench

    registry = _registry(settings)
    total = bench_work(scenario, passes=passes, messages=messages)
    with session.out.progress(f"bench {scenario}", total) as advance:
        entry = record_bench(
            registry,
            scenario=scenario,
            seed=seed,
            core=core,
            passes=passes,
            messages=messages,
            created_ns=now_ns(),
            producer=_producer(session, settings),
            progress=advance,
        )
    _report(session, registry, entry)


@command(run_app, "replay")
def replay(
    session: Session,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="A LOBSTER day: zip, folder or message file. Default: a made-up sample."
        ),
    ] = None,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    results: ResultsOption = None,
) -> None:
    """Replay recorded market data, checked against the touch that the file shows after each message."""
    settings = session.settings(results=results)
    settle_matplotlib()
    from obrelease.recorder.record import record_replay

    registry = _registry(settings)
    with session.out.progress("replay", None) as advance:
        entry = record_replay(
            registry,
            path=file,
            core=core,
            passes=passes,
            created_ns=now_ns(),
            producer=_producer(session, settings),
            progress=advance,
        )
    _report(session, registry, entry)


def _registry(settings: Settings) -> Registry:
    from obrelease.registry.store import Registry

    return Registry(settings.results)


def _producer(session: Session, settings: Settings) -> Producer:
    """This program, and the commit of the project where that is known."""
    from obrelease.models.artefact import Producer

    commit, dirty = _source_tree(session, settings)
    return Producer(name="obrelease", version=__version__, commit=commit, dirty=dirty)


def _source_tree(session: Session, settings: Settings) -> tuple[str | None, bool | None]:
    if not (settings.root / ".git").exists():
        return None, None
    from obrelease.remote.worktree import Worktree

    outputs = [
        folder.relative_to(settings.root).as_posix()
        for folder in (settings.results, settings.releases)
        if folder.is_relative_to(settings.root)
    ]
    try:
        worktree = Worktree.open(settings.root)
        try:
            return worktree.head(), bool(worktree.changes(ignoring=outputs))
        finally:
            worktree.close()
    except NotFound:
        return None, None
    except ObreleaseError as error:
        session.out.warn(f"the run will not name its commit: {error.message}")
        return None, None


def _report(session: Session, registry: Registry, entry: Entry) -> None:
    """Print the run, and fail where it failed to prove what it checks."""
    from obrelease.analysis.summaries import summarise_run

    summary = summarise_run(registry.load(entry), digest=entry.digest, folder=entry.folder)
    session.out.result({"run": entry.as_json(), "figures": _figures(summary)}, lambda: _text(summary, entry))
    if summary.checks_failed:
        raise CheckFailed(
            f"the run failed to prove: {', '.join(summary.checks_failed)}",
            hint=f"the counts stand in {entry.folder}/artefact.json",
        )


def _figures(summary: RunSummary) -> dict[str, Any]:
    return {
        "throughput_median_msg_s": summary.throughput_msg_s,
        "passes": summary.passes,
        "latency_clock": summary.latency_clock,
        "latency_p50_ns": summary.p50_ns,
        "latency_p99_ns": summary.p99_ns,
        "latency_p999_ns": summary.p999_ns,
        "checks_passed": list(summary.checks_passed),
        "checks_failed": list(summary.checks_failed),
    }


def _text(summary: RunSummary, entry: Entry) -> str:
    header = ("SCENARIO", "CORE", "MESSAGES", "PASSES", "MSG/S", "P50 NS", "P99 NS", "P99.9 NS")
    numbers = (
        summary.messages,
        summary.passes,
        summary.throughput_msg_s,
        summary.p50_ns,
        summary.p99_ns,
        summary.p999_ns,
    )
    row = (summary.scenario, summary.core, *("" if n is None else f"{n:,}" for n in numbers))
    return "\n".join(
        (
            table([row], header),
            "",
            f"events    {summary.events_digest}",
            f"artefact  {entry.digest}",
            f"folder    {entry.folder}",
        )
    )
