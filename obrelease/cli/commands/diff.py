"""`obrelease diff`: compare two runs, sets of runs or releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import sides, words
from obrelease.cli.console.options import SIDE_HELP, ForceOption, ForgeOption, PlotOption, SameHostOption
from obrelease.cli.console.plots import draw
from obrelease.cli.rendering.comparison import comparison_report_text
from obrelease.errors import UsageError


@command("diff")
def diff(
    session: Session,
    base: Annotated[str, typer.Argument(metavar="A", help=f"The base: {SIDE_HELP}.", autocompletion=sides)],
    head: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="What is compared with it, in the same form; not with --within.",
            show_default=False,
            autocompletion=sides,
        ),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(
            "--within",
            metavar="NAME",
            help="Compare metrics of the one run A: two metrics, or one parameter for all of its values.",
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="WHICH",
            help="`changed`: only rows that changed.",
            autocompletion=words(changed="rows with a proven change"),
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="KEY",
            help="name, ratio, change (the largest first) or verdict (worse first).",
            autocompletion=words(
                name="as the tool names it",
                ratio="head / base",
                change="largest first",
                verdict="worse first",
            ),
        ),
    ] = None,
    every_row: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Test CPU times and counters as well, and list tails and spreads that did not change.",
        ),
    ] = False,
    plot: PlotOption = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy",
            metavar="FILE",
            help="A gate policy, for its level, thresholds, aliases and how it knows one machine.",
        ),
    ] = None,
    force: ForceOption = False,
    same_host: SameHostOption = False,
    results: ResultsOption = None,
    forge: ForgeOption = None,
) -> None:
    """Compare runs, releases, or metrics of one run.

    Metric by metric: better, worse, same, or inconclusive. `changed` is a change of a metric without a
    better direction.

    BASE and HEAD are geometric means over the runs of a side, or plain means if a value is zero or
    negative. RATIO is head / base; its interval is Welch's t over the runs, on the log scale.

    P ADJUSTED is the probability of so large a change in any of the tested rows if nothing had changed:
    a permutation test over the runs.

    DETECTABLE is the smallest change that these runs would show four times in five; `-` if the row
    is not tested (too few runs, or too few values beyond the percentile), or if no change could be found.

    A/A compares the 1st, 3rd, 5th, ... base run with the 2nd, 4th, 6th: the noise without any change; `-`
    with a single run as base.

    Below a metric, its p90, p99 and spread are listed if they changed. The spread is the mean distance of
    a sample from the median. Metrics that not all runs have are listed by name.
    """
    api.require_plot_format(plot)
    if only not in {None, "changed"}:
        raise UsageError(f"--only is `changed`, not {only!r}")
    if (head is None) != bool(within):
        raise UsageError("a comparison needs A and B, or A and --within", hint="`obrelease diff --help`")
    if head is None and policy is not None:
        raise UsageError("--policy is for two sides, not for --within")
    project = session.project(results=results, forge=forge)
    key, changed = api.sort_key(sort), only == "changed"
    if head is None:
        report = api.compare_within(
            base, within or [], project=project, only_changed=changed, sort=key, reporter=session.out
        )
    else:
        report = api.compare(
            base,
            head,
            project=project,
            force=force,
            same_host=same_host,
            secondary=every_row,
            only_changed=changed,
            sort=key,
            policy=policy,
            reporter=session.out,
        )
    if plot is not None:
        draw(session, report, plot)
    session.out.result(
        report.to_json(),
        lambda: comparison_report_text(report, every_row=every_row, explained=bool(session.out.verbose)),
        paged=True,
    )
