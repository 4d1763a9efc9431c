"""Compare two sides: runs, sets of runs, or releases."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.analysis.comparison.compare import Comparison
from obrelease.analysis.comparison.compare import compare as compare_run_sets
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.analysis.comparison.to_json import comparison_json, releases_json
from obrelease.api.arguments import checked_path
from obrelease.api.comparison_sides import Side, SideRuns, read_side
from obrelease.api.project import ProjectLike, project_of
from obrelease.errors import Inconclusive, StorageError, UsageError
from obrelease.storage.reporter import SILENT, Reporter

_PLOT_SUFFIXES: Final = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """The result of a comparison.

    Attributes:
        comparisons: by name; one, with an empty name, for runs; one per scenario for releases.
        not_compared: what could not be compared, each with the reason.
        between_releases: whether a side was a release.
    """

    comparisons: tuple[tuple[str, Comparison], ...]
    not_compared: tuple[str, ...] = ()
    between_releases: bool = False

    @classmethod
    def of_runs(cls, comparison: Comparison) -> ComparisonReport:
        """The report of one comparison."""
        return cls((("", comparison),))

    @property
    def single(self) -> Comparison:
        """The comparison, if there is only one.

        Raises:
            UsageError: there are several, or none.
        """
        if len(self.comparisons) != 1:
            raise UsageError(
                f"a plot shows one scenario, and {len(self.comparisons)} were compared",
                hint='choose one, such as "v1.2 scenario=x10 core=native"',
            )
        return self.comparisons[0][1]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease diff --json` prints."""
        if self.between_releases:
            return releases_json(self.comparisons, self.not_compared)
        return comparison_json(self.comparisons[0][1])

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw the percentile curves of both sides into an `.svg` or `.png` file.

        Raises:
            UsageError: another suffix, or several comparisons.
            StorageError: the file cannot be written.
        """
        file = checked_path("path", path)
        require_plot_format(file)
        comparison = self.single
        from obrelease.analysis.comparison.plot import overlay

        artefact = comparison.base[0].artefact
        title = f"{artefact.kind} {artefact.scenario}: head against base"
        picture = overlay(comparison, title=title, image_format="png" if file.suffix == ".png" else "svg")
        try:
            file.write_bytes(picture)
        except OSError as error:
            raise StorageError(
                f"{file}: cannot be written: {error.strerror}",
                hint="make its folder first, or choose another one",
            ) from error


def compare(
    base: Side,
    head: Side,
    *,
    project: ProjectLike = ".",
    force: bool = False,
    same_host: bool = False,
    reporter: Reporter = SILENT,
) -> ComparisonReport:
    """Compare the metrics of two runs, sets of runs or releases.

    Args:
        base, head: an entry, a list of entries or digests, or a text: a digest or its prefix, several
            with commas, a filter such as `kind=bench commit=1c9f`, a release tag, or `./FOLDER` of a
            release's files.
        project: whose results folder and forge the texts refer to.
        force: compare runs that are not alike; the report names what differs.
        same_host: assume one machine if the runs do not name theirs.

    Raises:
        UsageError: a malformed filter, an empty or too large side, or a run on both sides.
        NotFound: no such run or release.
        Inconclusive: the runs are not alike, or have no metric in common.
        IntegrityError, InvalidInput: a run or a release is damaged.
        RemoteError: the forge or git failed.

    Example:
        >>> report = compare("commit=1c9f", "commit=a041", project="/srv/engine")
        >>> [(metric.name, metric.ratio) for metric in report.single.metrics]
    """
    owner = project_of(project)
    one, other = (read_side(owner, side, reporter) for side in (base, head))
    if not (one.is_release or other.is_release):
        return ComparisonReport.of_runs(
            compare_run_sets(one.runs, other.runs, force=force, same_host=same_host)
        )
    return _compare_releases(one, other, (base, head), force=force, same_host=same_host)


def _compare_releases(
    base: SideRuns, head: SideRuns, names: Sequence[Side], *, force: bool, same_host: bool
) -> ComparisonReport:
    matched = match_releases(base.runs, head.runs, force=force, same_host=same_host)
    left = matched.not_compared
    if not matched.pairs:
        raise Inconclusive(
            f"no runs of {names[0]} and {names[1]} compare: {left[0]}",
            hint="--same-host or --force may help, or runs of both on one machine",
        )
    found = tuple(
        (pair.name, compare_run_sets(pair.base, pair.head, force=force, same_host=same_host))
        for pair in matched.pairs
    )
    return ComparisonReport(found, left, between_releases=True)


def require_plot_format(path: Path | None) -> None:
    """Reject a plot that cannot be written, before time is spent; None is no plot.

    Raises:
        UsageError: the suffix is neither `.svg` nor `.png`.
    """
    if path is not None and path.suffix not in _PLOT_SUFFIXES:
        raise UsageError(f"{path}: plots are {' or '.join(_PLOT_SUFFIXES)} files")
