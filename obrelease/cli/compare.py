"""Commands that compare: diff and gate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.command import ResultsOption, Session, command
from obrelease.cli.results import registry_of
from obrelease.cli.selection import WORDS, read_runs, select
from obrelease.cli.settings import settle_matplotlib
from obrelease.errors import CheckFailed, Inconclusive, ObreleaseError, StorageError, UsageError

if TYPE_CHECKING:
    from obrelease.analysis.compare import Comparison
    from obrelease.analysis.compare_runs import Run

POLICY_HELP: Final = """\
Put a policy to two sets of runs.

Exit code 0 passes, 1 is a regression, 2 an error, 3 inconclusive.

A policy is a TOML file; keys that are not in this example are refused:

\b
    format = "obrelease.policy"
    version = 1
    threshold_percent = 2.0   # the smallest slowdown that matters
    alpha = 0.05              # chance of a false alarm in the whole comparison
    confidence = 0.95         # of the intervals
    least_runs = 6            # on each side, 4 or more
    resamples = 2000          # of the bootstrap
    seed = 1                  # of the bootstrap

\b
    [[metric]]                # at least one
    name = "throughput"
    required = true           # inconclusive unless a slowdown is ruled out

\b
    [[metric]]
    name = "service-latency p9*"
    threshold_percent = 10.0
    required = false          # only a regression that is proven counts
"""

_FORMATS: Final = {".svg": "svg", ".png": "png"}

ForceOption = Annotated[
    bool, typer.Option("--force", help="Compare runs that are not alike; the output says what differs.")
]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw both sides' percentile curves, .svg or .png."),
]


def register(app: typer.Typer) -> None:
    """Add the comparing commands to the command line."""
    command(app, "diff")(diff)
    command(app, "gate")(gate)


def diff(
    session: Session,
    base: Annotated[str, typer.Argument(metavar="A", help=f"The base: {WORDS}.")],
    head: Annotated[str, typer.Argument(metavar="B", help="What is compared with it, in the same form.")],
    plot: PlotOption = None,
    force: ForceOption = False,
    results: ResultsOption = None,
) -> None:
    """Compare two runs or two sets of runs.

    Metric by metric: better, worse, same, or cannot tell.
    """
    from obrelease.analysis.compare import compare

    _plot_format(plot)
    comparison = compare(*_sides(session, base, head, results), force=force)
    tell_comparison(session, comparison, plot)


def gate(
    session: Session,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy, a TOML file.")],
    base: Annotated[str, typer.Option("--base", metavar="A", help=f"The base: {WORDS}.")],
    head: Annotated[str, typer.Option("--head", metavar="B", help="What is put to the gate.")],
    plot: PlotOption = None,
    force: ForceOption = False,
    results: ResultsOption = None,
) -> None:
    """Replaced below by `POLICY_HELP`."""
    with _gate_errors():
        _plot_format(plot)
        from obrelease.analysis.compare_json import comparison_json
        from obrelease.analysis.gate import Answer, ask_gate
        from obrelease.analysis.policy import read_policy
        from obrelease.cli.compare_text import comparison_text

        guard = read_policy(policy)
        asked = ask_gate(guard, *_sides(session, base, head, results), force=force)
        told = {"answer": str(asked.answer), "reasons": list(asked.reasons)}
        words = "\n".join((f"gate: {asked.answer}", *(f"  {reason}" for reason in asked.reasons)))
        if plot is not None:
            _draw(session, asked.comparison, plot)
        session.out.result(
            {"gate": told, "comparison": comparison_json(asked.comparison)},
            lambda: f"{comparison_text(asked.comparison)}\n\n{words}",
        )
    if asked.answer is Answer.REGRESSION:
        raise CheckFailed(f"regression: {asked.reasons[0]}", hint="`obrelease diff --plot FILE` draws it")
    if asked.answer is Answer.INCONCLUSIVE:
        raise Inconclusive(f"the gate cannot tell: {asked.reasons[0]}", hint="measure more runs, interleaved")


gate.__doc__ = POLICY_HELP


def tell_comparison(session: Session, comparison: Comparison, plot: Path | None, **more: Any) -> None:
    """Print a comparison, with `more` beside it under `--json`, and draw it where that was asked for."""
    from obrelease.analysis.compare_json import comparison_json
    from obrelease.cli.compare_text import comparison_text

    if plot is not None:
        _draw(session, comparison, plot)
    session.out.result({**comparison_json(comparison), **more}, lambda: comparison_text(comparison))


def _sides(
    session: Session, base: str, head: str, results: Path | None
) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    registry = registry_of(session.settings(results=results), must_exist=True)
    chosen = select(registry, base), select(registry, head)
    return read_runs(registry, chosen[0]), read_runs(registry, chosen[1])


@contextmanager
def _gate_errors() -> Iterator[None]:
    """Whatever fails inside the gate is exit code 2: a crash must never be read as a regression."""
    try:
        yield
    except (Inconclusive, UsageError):
        raise
    except ObreleaseError as error:
        raise UsageError(f"the gate could not be asked: {error.message}", hint=error.hint) from error
    except Exception as error:
        raise UsageError(f"the gate could not be asked: {type(error).__name__}: {error}") from error


def _plot_format(plot: Path | None) -> None:
    """Refuse a picture that cannot be written before time is spent."""
    if plot is not None and plot.suffix not in _FORMATS:
        raise UsageError(f"{plot}: pictures are {' or '.join(_FORMATS)} files")


def _draw(session: Session, comparison: Comparison, plot: Path) -> None:
    settle_matplotlib()
    from obrelease.analysis.compare_plot import overlay

    facts = comparison.base[0].facts
    title = f"{facts['kind']} {facts['scenario']}: head against base"
    picture = overlay(comparison, title=title, kind="png" if plot.suffix == ".png" else "svg")
    try:
        plot.write_bytes(picture)
    except OSError as error:
        raise StorageError(f"{plot}: cannot be written: {error.strerror}") from error
    session.out.note(f"drawn: {plot}")
