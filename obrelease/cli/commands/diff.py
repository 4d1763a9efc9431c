"""`obrelease diff`: compare two runs, sets of runs or releases."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import sides
from obrelease.cli.console.options import SIDE_HELP, ForceOption, ForgeOption, PlotOption, SameHostOption
from obrelease.cli.console.plots import draw
from obrelease.cli.rendering.comparison import comparison_report_text


@command("diff")
def diff(
    session: Session,
    base: Annotated[str, typer.Argument(metavar="A", help=f"The base: {SIDE_HELP}.", autocompletion=sides)],
    head: Annotated[
        str,
        typer.Argument(metavar="B", help="What is compared with it, in the same form.", autocompletion=sides),
    ],
    plot: PlotOption = None,
    force: ForceOption = False,
    same_host: SameHostOption = False,
    results: ResultsOption = None,
    forge: ForgeOption = None,
) -> None:
    """Compare two runs, sets of runs or releases.

    Metric by metric: better, worse, same, or inconclusive.

    BASE and HEAD are medians over the runs of a side. RATIO is head / base by the Hodges-Lehmann estimate
    on the log scale, the median over all pairs of a run of each side: not the quotient of the two medians.

    DETECTABLE is the smallest change that these runs would show four times in five; `-` if the metric
    is not tested (too few runs, or too few values beyond the percentile), or if no change could be found.

    A/A compares the 1st, 3rd, 5th, ... base run with the 2nd, 4th, 6th: the noise without any change; `-`
    with a single run as base.
    """
    api.require_plot_format(plot)
    project = session.project(results=results, forge=forge)
    report = api.compare(base, head, project=project, force=force, same_host=same_host, reporter=session.out)
    if plot is not None:
        draw(session, report, plot)
    session.out.result(report.to_json(), lambda: comparison_report_text(report))
