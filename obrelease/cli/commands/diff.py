"""`obrelease diff`: two runs, sets of runs, or releases beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.comparison_sides import SIDE_WORDS, read_sides
from obrelease.cli.console.completion import sides
from obrelease.cli.console.options import ForceOption, ForgeOption, PlotOption, SameHostOption
from obrelease.cli.console.settings import settle_matplotlib
from obrelease.errors import Inconclusive, UsageError
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.analysis.comparison.compare import Comparison

_FORMATS: Final = {".svg": "svg", ".png": "png"}


@command("diff")
def diff(
    session: Session,
    base: Annotated[str, typer.Argument(metavar="A", help=f"The base: {SIDE_WORDS}.", autocompletion=sides)],
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

    DETECTABLE is the smallest change that these runs would show four times in five; `-` where the metric
    is not tested (too few runs, or too few values beyond the percentile), or where no change could be found.

    A/A is base's runs of odd turn against those of even turn, the noise floor; `-` with a single run as base.
    """
    from obrelease.analysis.comparison.compare import compare
    from obrelease.analysis.comparison.match_releases import match_releases
    from obrelease.analysis.comparison.to_json import releases_json
    from obrelease.cli.rendering.comparison import releases_text

    plot_format(plot)
    settings = session.settings(results=results, forge=forge)
    one, other = read_sides(session, settings, base, head)
    if not (one.is_release or other.is_release):
        comparison = compare(one.runs, other.runs, force=force, same_host=same_host)
        tell_comparison(session, comparison, plot)
        return
    matched = match_releases(one.runs, other.runs, force=force, same_host=same_host)
    if not matched.pairs:
        raise Inconclusive(
            f"no runs of {base} and {head} compare: {matched.not_compared[0]}",
            hint="--same-host or --force may help, or runs of both on one machine",
        )
    found = tuple(
        (pair.name, compare(pair.base, pair.head, force=force, same_host=same_host)) for pair in matched.pairs
    )
    if plot is not None:
        draw_only(session, found, plot)
    left = matched.not_compared
    session.out.result(releases_json(found, left), lambda: releases_text(found, left))


def tell_comparison(session: Session, comparison: Comparison, plot: Path | None, **more: Any) -> None:
    """Print a comparison, with `more` beside it under `--json`, and draw it where that was asked for."""
    from obrelease.analysis.comparison.to_json import comparison_json
    from obrelease.cli.rendering.comparison import comparison_text

    if plot is not None:
        draw(session, comparison, plot)
    session.out.result({**comparison_json(comparison), **more}, lambda: comparison_text(comparison))


def draw_only(session: Session, found: Sequence[tuple[str, Comparison]], plot: Path) -> None:
    """Draw the one comparison of two releases; raises `UsageError` where there are others or none."""
    if len(found) != 1:
        raise UsageError(
            f"a picture is of one scenario, and {len(found)} compare",
            hint='choose one, such as "v1.2 scenario=x10 core=native"',
        )
    draw(session, found[0][1], plot)


def plot_format(plot: Path | None) -> None:
    """Refuse a picture that cannot be written before time is spent."""
    if plot is not None and plot.suffix not in _FORMATS:
        raise UsageError(f"{plot}: pictures are {' or '.join(_FORMATS)} files")


def draw(session: Session, comparison: Comparison, plot: Path) -> None:
    """Write the picture of a comparison."""
    settle_matplotlib()
    from obrelease.analysis.comparison.plot import overlay

    artefact = comparison.base[0].artefact
    title = f"{artefact.kind} {artefact.scenario}: head against base"
    picture = overlay(comparison, title=title, image_format="png" if plot.suffix == ".png" else "svg")
    with storage_errors(plot):
        plot.write_bytes(picture)
    session.out.note(f"drawn: {plot}")
