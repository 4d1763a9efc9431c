"""`obrelease run bench --against REF`: this work tree and another commit, measured side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.cli.commands.diff import tell_comparison
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.run_selector import read_runs
from obrelease.errors import NotFound, UsageError
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from obrelease.cli.console.command import Session
    from obrelease.cli.console.settings import Settings

LEAST_RUNS = 4
MOST_RUNS = 100

_ENGINE = ("engine/obengine/__init__.py", "obrelease/__init__.py")


def bench_against(
    session: Session,
    settings: Settings,
    *,
    ref: str,
    runs: int,
    core: str,
    words: Sequence[str],
    plot: Path | None,
    force: bool,
) -> None:
    """Measure `ref` and the work tree as it stands in turn, record every run, and show the difference.

    Args:
        ref: the base, a commit of this project's repository.
        runs: on each side.
        core: as for `run bench`; `auto` takes the fastest that both sides have.
        words: of `obrelease run bench`, without the core and the results folder.

    Raises:
        UsageError: the number of runs makes no sense, or a core is wanted that cannot be built.
        NotFound: there is no such commit, or no engine in it or in the work tree.
        CheckFailed: a side could not be measured.
        Inconclusive: the two do not run the same workload, or give other events.
    """
    if not LEAST_RUNS <= runs <= MOST_RUNS:
        raise UsageError(f"--runs is from {LEAST_RUNS} to {MOST_RUNS}, not {runs}")

    from obrelease.analysis.comparison.compare import compare
    from obrelease.recorder.interleave import measure_interleaved

    registry = registry_of(settings, must_exist=False)
    with temporary_folder(for_libraries=True) as scratch:
        base, head = scratch.resolve() / "base", scratch.resolve() / "head"
        _copies(settings, ref, base, head)
        _demand_engine(ref, base, head)
        chosen = _core(session, core, base, head)
        command = ["run", "bench", *words, "--core", chosen, "--results", str(settings.results)]
        with session.out.progress(f"against {ref}", 2 * runs) as advance:
            digests = measure_interleaved((base, head), command, runs=runs, advance=advance)
    first, second = (
        read_runs(registry, tuple(registry.resolve(digest) for digest in side)) for side in digests
    )
    tell_comparison(session, compare(first, second, force=force, same_host=True), plot, against=ref)


def _copies(settings: Settings, ref: str, base: Path, head: Path) -> None:
    """The commit, and HEAD with the work tree's own changes over it: both clean of earlier builds."""
    from obrelease.remote.git.checkout import check_out
    from obrelease.remote.git.repository import GitRepository

    repo = GitRepository.open(settings.root)
    try:
        check_out(repo, ref, base)
        check_out(repo, "HEAD", head)
        for name in repo.changes(settings.outputs_below(repo.root)):
            _overlay(repo.root / name, head / name)
    finally:
        repo.close()


def _demand_engine(ref: str, base: Path, head: Path) -> None:
    """Refuse before anything is built: another installation would be measured, or nothing."""
    without = [tree for tree in (base, head) if not all((tree / file).is_file() for file in _ENGINE)]
    if not without:
        return
    where = "this repository" if head in without else f"the commit {ref}"
    raise NotFound(
        f"{where} holds no engine to compare",
        hint="--against measures commits of obrelease itself; `obrelease diff` compares kept runs",
    )


def _overlay(source: Path, target: Path) -> None:
    import shutil

    if source.is_symlink() or not source.exists():
        target.unlink(missing_ok=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _core(session: Session, core: str, base: Path, head: Path) -> str:
    """Build the native core of both trees unless only the reference is asked for."""
    from obrelease.recorder.build_tree import build_native

    if core == "reference":
        return core
    session.out.note("building the native core of both sides: a minute or two each")
    reasons = [(side, why) for side, tree in (("base", base), ("head", head)) if (why := build_native(tree))]
    if not reasons:
        return "native"
    side, why = reasons[0]
    if core == "native":
        raise UsageError(f"the native core of the {side} cannot be built: {why}", hint="use --core reference")
    session.out.note(f"the reference core is compared: the native one of the {side} cannot be built: {why}")
    return "reference"
