"""What every mode of `obrelease run` shares: its options, its surroundings, and how a run is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.console.command import Session
from obrelease.cli.console.completion import CORES, words
from obrelease.cli.console.output import table
from obrelease.cli.console.settings import Settings
from obrelease.errors import CheckFailed, NotFound, ObreleaseError
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.models.artefact import Producer
    from obrelease.registry.entry import Entry
    from obrelease.registry.store import Registry

DEFAULT_PASSES: Final = 5

_HEADER: Final = ("SCENARIO", "CORE", "MESSAGES", "PASSES", "MSG/S", "P50 NS", "P99 NS", "P99.9 NS")

CoreOption = Annotated[
    str,
    typer.Option(
        "--core",
        metavar="NAME",
        help="reference, native, or auto for the fastest that is installed.",
        autocompletion=words(*CORES),
    ),
]
PassesOption = Annotated[
    int, typer.Option("--passes", metavar="N", help="Timed passes, each over a fresh book.")
]


def producer_of(session: Session, settings: Settings, core: str = "auto") -> Producer:
    """This program by the digest of its sources, and their commit where this folder holds just these."""
    from obrelease import __version__
    from obrelease.models.artefact import Producer
    from obrelease.recorder.source_digest import native_build_for, sources_digest

    commit, dirty = _source_tree(session, settings, core)
    build = native_build_for(core)
    return Producer(
        name="obrelease",
        version=__version__,
        commit=commit,
        dirty=dirty,
        sources_digest=sources_digest(),
        core_digest=build.sources_digest if build else None,
    )


def _source_tree(session: Session, settings: Settings, core: str) -> tuple[str | None, bool | None]:
    from obrelease.recorder.source_digest import source_mismatch

    if not (settings.root / ".git").exists():
        return None, None
    from obrelease.remote.git.repository import GitRepository

    try:
        other = source_mismatch(settings.root, core)
        if other is not None:
            if other:
                session.out.warn(f"the run will not name its commit: {other}")
            return None, None
        repo = GitRepository.open(settings.root)
        try:
            return repo.head(), bool(repo.changes(settings.outputs_below(repo.root)))
        finally:
            repo.close()
    except NotFound:
        return None, None
    except ObreleaseError as error:
        session.out.warn(f"the run will not name its commit: {error.message}")
        return None, None


LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Also write every event as a JSON line with sorted keys."),
]


def report(
    session: Session,
    registry: Registry,
    entry: Entry,
    *,
    rows_file: str | None = None,
    columns: Sequence[str] = (),
    told: Sequence[str] = (),
) -> None:
    """Print the run, and fail where it failed to prove what it checks.

    Args:
        session, registry, entry: where to speak, and the run that was recorded.
        rows_file: a CSV file of the run that is its answer, one row a variant; None for the one row
            of figures that every run has.
        columns: which of the file's columns people are shown; JSON has all of them.
        told: checks whose counts people are shown.

    Raises:
        CheckFailed: a check of the run did not pass.
    """
    from obrelease.analysis.summary.key_figures import figures_of, measures
    from obrelease.analysis.summary.read_run import read_run
    from obrelease.cli.rendering.run_details import counts_of, knee_text, verdict

    artefact = registry.load(entry)
    run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
    checks = artefact.outcome.checks if artefact.outcome else ()
    knees = [each for each in measures(run) if each.metric == "knee"]
    proofs = [
        ("checks", verdict(checks)),
        *(("unstable", reason) for reason in run.unstable),
        *((check.name, counts_of(check)) for check in checks if check.name in told),
        *(("knee", knee_text(knee.value, run.passes)) for knee in knees),
    ]
    rows = _rows(entry, rows_file) if rows_file else []
    answer: dict[str, Any] = {"run": entry.as_json(), "figures": figures_of(run)}
    session.out.result(
        answer | ({"rows": rows} if rows_file else {}),
        lambda: _text(run, entry, proofs, [[row[name] for name in columns] for row in rows], columns),
    )
    if run.checks_failed:
        raise CheckFailed(
            f"the run failed to prove: {', '.join(run.checks_failed)}",
            hint=f"the counts stand in {entry.folder}/artefact.json",
        )


def _rows(entry: Entry, name: str) -> list[dict[str, str]]:
    import csv

    with (entry.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _text(
    run: Run,
    entry: Entry,
    proofs: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[str]],
    columns: Sequence[str],
) -> str:
    from obrelease.cli.rendering.run_details import few_beyond

    if rows:
        told = table(
            [[f"{int(cell):,}" if cell.isdecimal() else cell for cell in row] for row in rows],
            [_heading(name) for name in columns],
        )
    else:
        told = "\n".join((table([_row(run)], _HEADER), *few_beyond(run)))
    facts = [
        *proofs,
        ("events", run.artefact.outcome.events_digest if run.artefact.outcome else "-"),
        ("artefact", entry.digest),
        ("folder", str(entry.folder)),
    ]
    width = max(len(name) for name, _ in facts)
    return "\n".join(
        (
            told,
            "",
            *(f"{name:{width}}  {printable(value)}" for name, value in facts),
        )
    )


def _heading(column: str) -> str:
    return column.replace("_msg_s", " msg/s").replace("_", " ").upper()


def _row(run: Run) -> tuple[str, ...]:
    from obrelease.cli.rendering.run_details import percentiles

    workload = run.artefact.workload
    numbers = (workload.messages if workload else None, run.passes, run.throughput_msg_s)
    told = ("" if n is None else f"{n:,}" for n in numbers)
    return (run.artefact.scenario, run.core, *told, *percentiles(run))
