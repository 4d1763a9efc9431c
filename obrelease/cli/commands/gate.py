"""`obrelease gate`: a policy that lives in git says whether runs, or a release, became too slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from obrelease.cli.commands.diff import draw, draw_only, plot_format
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.comparison_sides import SIDE_WORDS, before_release, read_sides
from obrelease.cli.console.completion import sides, tags
from obrelease.cli.console.options import ForceOption, ForgeOption, PlotOption, SameHostOption
from obrelease.errors import CheckFailed, Inconclusive, NotFound, ObreleaseError, UsageError
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.comparison.gate import GateResult, ReleaseGateResult
    from obrelease.analysis.comparison.gate_policy import GatePolicy
    from obrelease.cli.console.settings import Settings

POLICY_HELP: Final = """\
Check runs or a release against a regression policy.

Exit code 0 passes, 1 is a regression, 2 an error, 3 inconclusive.

Of releases, each scenario is compared that both have runs of, and the worst answer counts.

A policy is a TOML file; keys that are not in this example are refused:

\b
    format = "obrelease.gate-policy"
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


@command("gate", help=POLICY_HELP)
def gate(
    session: Session,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy, a TOML file.")],
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="A", help=f"The base: {SIDE_WORDS}.", show_default=False, autocompletion=sides
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option("--head", metavar="B", help="What is put to the gate.", autocompletion=sides)
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="TAG",
            help="Put this release to the gate, against the one before it.",
            autocompletion=tags,
        ),
    ] = None,
    plot: PlotOption = None,
    force: ForceOption = False,
    same_host: SameHostOption = False,
    results: ResultsOption = None,
    forge: ForgeOption = None,
) -> None:
    """Run the gate; `POLICY_HELP` is its help text."""
    with _gate_errors():
        plot_format(plot)
        from obrelease.analysis.comparison.gate import GateVerdict
        from obrelease.analysis.comparison.gate_policy import read_gate_policy

        guard = read_gate_policy(policy)
        settings = session.settings(results=results, forge=forge)
        asked = _ask(
            session, settings, guard, _wish(settings, base, head, release), _Likeness(force, same_host)
        )
        _tell(session, asked, plot)
    if asked.verdict is GateVerdict.REGRESSION:
        raise CheckFailed(f"regression: {asked.reasons[0]}", hint="`obrelease diff --plot FILE` draws it")
    if asked.verdict is GateVerdict.INCONCLUSIVE:
        raise Inconclusive(
            f"the gate is inconclusive: {asked.reasons[0]}", hint="measure more runs, interleaved"
        )


@dataclass(frozen=True, slots=True)
class _Likeness:
    force: bool
    same_host: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """The two sides in people's words; `base` is None where `head` is a first release."""

    base: str | None
    head: str
    by_history: bool = False


def _wish(settings: Settings, base: str | None, head: str | None, release: str | None) -> _Wish:
    if release is not None and base is None and head is None:
        return _Wish(before_release(settings, release), release, by_history=True)
    if release is not None or base is None or head is None:
        raise UsageError("the gate needs --base and --head, or --release alone")
    return _Wish(base, head)


def _ask(
    session: Session, settings: Settings, policy: GatePolicy, wish: _Wish, likeness: _Likeness
) -> GateResult | ReleaseGateResult:
    from obrelease.analysis.comparison.gate import (
        GateVerdict,
        ReleaseGateResult,
        evaluate_gate,
        evaluate_release,
    )
    from obrelease.analysis.comparison.match_releases import match_releases

    force, same_host = likeness.force, likeness.same_host
    (head,) = read_sides(session, settings, wish.head)
    if wish.base is None:
        return ReleaseGateResult(GateVerdict.OK, (), remarks=(f"there is no release before {wish.head}",))
    try:
        (base,) = read_sides(session, settings, wish.base)
    except NotFound as error:
        if wish.by_history:
            return ReleaseGateResult(
                GateVerdict.INCONCLUSIVE, (f"the release before cannot be read: {error.message}",)
            )
        raise
    if not (base.is_release or head.is_release):
        return evaluate_gate(policy, base.runs, head.runs, force=force, same_host=same_host)
    matched = match_releases(base.runs, head.runs, force=force, same_host=same_host)
    return evaluate_release(policy, matched, force=force, same_host=same_host)


def _tell(session: Session, asked: GateResult | ReleaseGateResult, plot: Path | None) -> None:
    from obrelease.analysis.comparison.gate import GateResult
    from obrelease.analysis.comparison.to_json import comparison_json, releases_json
    from obrelease.cli.rendering.comparison import comparison_text, releases_text

    words = "\n".join((f"gate: {asked.verdict}", *(f"  {printable(reason)}" for reason in asked.reasons)))
    told = {"gate": {"answer": str(asked.verdict), "reasons": list(asked.reasons)}}
    if isinstance(asked, GateResult):
        if plot is not None:
            draw(session, asked.comparison, plot)
        answer = {**told, "comparison": comparison_json(asked.comparison)}
        session.out.result(answer, lambda: f"{comparison_text(asked.comparison)}\n\n{words}")
        return
    if plot is not None:
        draw_only(session, asked.comparisons, plot)
    session.out.result(
        {**told, **releases_json(asked.comparisons, asked.remarks)},
        lambda: f"{releases_text(asked.comparisons, asked.remarks)}\n\n{words}".lstrip(),
    )


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
