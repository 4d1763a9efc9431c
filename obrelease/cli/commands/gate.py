"""`obrelease gate`: check runs or a release against a gate policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import sides, tags
from obrelease.cli.console.options import (
    SIDE_HELP,
    ForceOption,
    ForgeOption,
    PlotOption,
    SameHostOption,
    SignOption,
)
from obrelease.cli.console.plots import draw
from obrelease.cli.rendering.comparison import gate_text
from obrelease.cli.rendering.history import history_gate_text
from obrelease.errors import CheckFailed, Inconclusive, ObreleaseError, UsageError

POLICY_HELP: Final = """\
Check runs or a release against a gate policy.

Exit code 0 passes, 1 is a regression, 2 an error, 3 inconclusive.

With --history, the history of each guarded metric is checked: a step to worse values by the threshold that
is neither accepted (see `changes`) nor taken back is a regression; fewer than 12 runs without a break, or a
step of the newest runs that is not decided, are inconclusive for a required metric.

For releases, every scenario that both have is compared, and the worst answer counts; the level is of
all scenarios together.

A policy is a TOML file; keys that are not in this example are refused:

\b
    format = "obrelease.gate-policy"
    version = 1
    # the smallest slowdown that matters
    threshold_percent = 2.0
    # chance of a false alarm in the whole comparison
    alpha = 0.05
    # of the intervals
    confidence = 0.95
    # on each side, 4 or more
    least_runs = 6
    # divisions of the runs, if too many to try all
    resamples = 10000
    # of their choice
    seed = 1
    # runs that name one host are of one machine
    same_host = "name"

\b
    # metrics that were renamed: old name = new name
    [alias]
    "parse (old)" = "parse"

\b
    # at least one; * is any text, ? one character
    [[metric]]
    name = "throughput"
    # inconclusive unless a slowdown is ruled out
    required = true
    # true: guards CPU times and counters as well
    secondary = false

\b
    [[metric]]
    name = "service-latency p9*"
    threshold_percent = 10.0
    # only a regression that is proven counts
    required = false

A required metric that the head, or one of its runs, does not have is inconclusive. Tails and spreads of
samples (rows such as `parse p99` and `parse spread`) of a guarded metric count once a change for the worse
is proven; name such a row to require it.

same_host is `name`, `label:KEY` (the value of a label, such as `label:runner`) or `unnamed` (runs that
name no host are of one machine), or a list: the first for which a run has a value counts. It decides
only about facts of the host that are unknown; known facts that differ always prevent a comparison.
"""


_CURES: Final = ("`obrelease diff --plot FILE` draws it", "measure more runs, interleaved")
_HISTORY_CURES: Final = (
    "accept a step with its reason in .obrelease/known-changes.toml, or take it back",
    "measure the newest commits again",
)


@command("gate", help=POLICY_HELP)
def gate(
    session: Session,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy, a TOML file.")],
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="A", help=f"The base: {SIDE_HELP}.", show_default=False, autocompletion=sides
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option("--head", metavar="B", help="What is checked.", autocompletion=sides)
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="TAG",
            help="Check this release against the one before it.",
            autocompletion=tags,
        ),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="Check the history; --head may be a filter of the runs."),
    ] = False,
    plot: PlotOption = None,
    attest: Annotated[
        Path | None,
        typer.Option(
            "--attest",
            metavar="FILE",
            help="Sign the verdict as an in-toto statement; needs --sign. A release that has it attached as"
            " performance.dsse.json can be verified with it.",
        ),
    ] = None,
    key: SignOption = None,
    force: ForceOption = False,
    same_host: SameHostOption = False,
    results: ResultsOption = None,
    forge: ForgeOption = None,
) -> None:
    """Run the gate; `POLICY_HELP` is its help text."""
    with _usage_errors():
        api.require_plot_format(plot)
        if (attest is None) is not (key is None):
            raise UsageError("--attest FILE and --sign KEY belong together", hint="pass both")
        if history:
            if base or release or plot or attest or force or same_host:
                raise UsageError(
                    "--history checks the runs of all commits", hint="only --head can be added, a filter"
                )
            verdict, reasons = _check_history(session, policy, head, results)
        else:
            report = api.gate(
                policy,
                base=base,
                head=head,
                release=release,
                project=session.project(results=results, forge=forge),
                force=force,
                same_host=same_host,
                reporter=session.out,
            )
            if plot is not None:
                draw(session, report.compared, plot)
            if attest is not None and key is not None:
                sides = (base or "the release before", head or release or "")
                signed = api.attest_gate(report, attest, policy=policy, key=key, base=sides[0], head=sides[1])
                session.out.note(f"attested: {signed.file}, {signed.runs} runs, {signed.fingerprint}")
            session.out.result(report.to_json(), lambda: gate_text(report))
            verdict, reasons = report.verdict, report.reasons
    cure = _HISTORY_CURES if history else _CURES
    if verdict is api.GateVerdict.REGRESSION:
        raise CheckFailed(f"regression: {reasons[0]}", hint=cure[0])
    if verdict is api.GateVerdict.INCONCLUSIVE:
        raise Inconclusive(f"the gate is inconclusive: {reasons[0]}", hint=cure[1])


def _check_history(
    session: Session, policy: Path, where: str | None, results: Path | None
) -> tuple[api.GateVerdict, tuple[str, ...]]:
    report = api.gate_history(
        policy,
        *([] if where is None else [where]),
        registry=session.registry(results, must_exist=True),
        repository=session.project(results=results),
        reporter=session.out,
    )
    session.out.result(report.to_json(), lambda: history_gate_text(report))
    return report.verdict, report.reasons


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn every failure into exit code 2: a crash must never be read as a regression."""
    try:
        yield
    except (Inconclusive, UsageError):
        raise
    except ObreleaseError as error:
        raise UsageError(f"cannot evaluate the policy: {error.message}", hint=error.hint) from error
    except Exception as error:
        raise UsageError(f"cannot evaluate the policy: {type(error).__name__}: {error}") from error
