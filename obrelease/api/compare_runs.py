"""Compare two sides: runs, sets of runs, or releases."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from obrelease.analysis.comparison.arrange_metrics import SORT_KEYS, SortKey, arrange
from obrelease.analysis.comparison.compare import Comparison
from obrelease.analysis.comparison.compare import compare as compare_run_sets
from obrelease.analysis.comparison.compare_pairs import compare_pairs
from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.analysis.comparison.row_selection import RowPattern
from obrelease.analysis.comparison.to_json import comparison_json, releases_json
from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.comparison.within_run import compare_within as compare_metrics_of_run
from obrelease.analysis.notes.comparison_report import verdict_counts
from obrelease.api.arguments import checked_path
from obrelease.api.comparison_sides import Side, SideRuns, read_side
from obrelease.api.confirming_runs import deciding_runs
from obrelease.api.plot_files import image_format_of, require_plot_format
from obrelease.api.project import ProjectLike, project_of
from obrelease.errors import Inconclusive, UsageError
from obrelease.models.close_names import hint_with_suggestion
from obrelease.storage.output_files import write_output
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """The result of a comparison.

    Attributes:
        comparisons: by name; one, with an empty name, for runs; one per scenario for releases.
        not_compared: what could not be compared, each with the reason.
        between_releases: whether a side was a release.
        releases: the tags or folders of base and head; empty for a side that is no release.
    """

    comparisons: tuple[tuple[str, Comparison], ...]
    not_compared: tuple[str, ...] = ()
    between_releases: bool = False
    releases: tuple[str, str] = ("", "")

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
        """Draw the percentile curves of both sides, or else the ratios of all rows, into a file.

        Raises:
            UsageError: another suffix, or several comparisons.
            StorageError: the file cannot be written.
        """
        file = checked_path("path", path)
        require_plot_format(file)
        comparison = self.single
        from obrelease.analysis.comparison.forest_plot import forest
        from obrelease.analysis.comparison.plot import overlay

        artefact = comparison.base[0].artefact
        counts = ", ".join(f"{count} {what}" for what, count in verdict_counts(self.comparisons).items())
        title = f"{artefact.kind} {artefact.scenario}: {counts or 'nothing compared'}"
        picture = (overlay if comparison.shifts else forest)(
            comparison, title=title, names=self.releases, image_format=image_format_of(file)
        )
        write_output(file, picture)


def compare(
    base: Side,
    head: Side,
    *,
    project: ProjectLike = ".",
    force: bool = False,
    same_host: bool = False,
    secondary: bool = False,
    only_changed: bool = False,
    sort: SortKey | None = None,
    policy: str | os.PathLike[str] | None = None,
    every_workload: bool = False,
    confirmed: bool = False,
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
        secondary: test CPU times and counters as well, together with all other metrics.
        only_changed: leave out rows that are neither better, worse nor changed; a note counts them.
        sort: the order of metrics: `name`, `ratio`, `change` or `verdict`.
        policy: a gate policy, for its level, its thresholds and how it knows runs of one machine.
        every_workload: runs of several workloads are compared workload by workload, as those of releases.
        confirmed: of a workload that `measure --confirm` measured again, take the second measurement alone.

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
    key = sort_key(sort)
    owner = project_of(project)
    one, other = (read_side(owner, side, reporter) for side in (base, head))
    if confirmed:
        deciding = deciding_runs(one.runs, other.runs)
        one, other = (replace(side, runs=runs) for side, runs in zip((one, other), deciding, strict=True))
    rules = Rules() if policy is None else read_gate_policy(checked_path("policy", policy)).rules()
    several = every_workload and len({run.name for run in (*one.runs, *other.runs)}) > 1
    if not (several or one.is_release or other.is_release):
        with reporter.progress("comparing", None):
            found = compare_run_sets(
                one.runs, other.runs, rules, force=force, same_host=same_host, secondary=secondary
            )
        report = ComparisonReport.of_runs(found)
    else:
        with reporter.progress("comparing", None):
            report = _compare_releases(
                one, other, (base, head), rules, force=force, same_host=same_host, secondary=secondary
            )
    report = replace(report, releases=(one.release, other.release))
    return _arranged(report, only_changed=only_changed, sort=key)


def compare_within(
    run: Side,
    names: Sequence[str],
    *,
    project: ProjectLike = ".",
    only_changed: bool = False,
    sort: SortKey | None = None,
    reporter: Reporter = SILENT,
) -> ComparisonReport:
    """Compare metrics of one run with each other, sample by sample.

    Args:
        run: one run, as for `compare`.
        names: two metrics, base and head, each by its name or by a parameter such as `threads=4`; or the
            name of one parameter, whose first value is the base of all others.
        project, only_changed, sort: as for `compare`.

    Raises:
        UsageError: not one run, neither two metrics nor one parameter, or metrics of different units.
        NotFound: no such run, metric or parameter.
        IntegrityError, InvalidInput: the run is damaged.

    Example:
        >>> compare_within("4f2a", ["build -j1", "build -j4"]).single.metrics[0].ratio
    """
    key = sort_key(sort)
    runs = read_side(project_of(project), run, reporter).runs
    if len(runs) != 1:
        raise UsageError(f"{len(runs)} runs match; metrics of one run can be compared", hint="name one run")
    report = ComparisonReport.of_runs(compare_metrics_of_run(runs[0], names))
    return _arranged(report, only_changed=only_changed, sort=key)


def _compare_releases(
    base: SideRuns,
    head: SideRuns,
    names: Sequence[Side],
    rules: Rules,
    *,
    force: bool,
    same_host: bool,
    secondary: bool,
) -> ComparisonReport:
    matched = match_releases(
        base.runs, head.runs, force=force, same_host=same_host, host_rules=rules.same_host
    )
    left = matched.not_compared
    if not matched.pairs:
        raise Inconclusive(
            f"no runs of {names[0]} and {names[1]} compare: {left[0]}",
            hint="--same-host or --force may help, or runs of both on one machine",
        )
    results = compare_pairs(
        matched.pairs, rules, force=force, same_host=same_host, only=(RowPattern("*", secondary),)
    )
    found = []
    for pair, result in zip(matched.pairs, results, strict=True):
        if not isinstance(result, Comparison):
            raise result
        found.append((pair.name, result))
    return ComparisonReport(tuple(found), left, between_releases=True)


def _arranged(report: ComparisonReport, *, only_changed: bool, sort: SortKey | None) -> ComparisonReport:
    return replace(
        report,
        comparisons=tuple(
            (name, arrange(each, only_changed=only_changed, sort=sort)) for name, each in report.comparisons
        ),
    )


def sort_key(text: str | None) -> SortKey | None:
    """The order of metrics that a text names.

    Raises:
        UsageError: it is none of the known ones.
    """
    if text is None:
        return None
    found = next((key for key in SORT_KEYS if key == text), None)
    if found is None:
        raise UsageError(
            f"metrics cannot be sorted by {text!r}",
            hint=hint_with_suggestion(text, SORT_KEYS, f"by {', '.join(SORT_KEYS)}"),
        )
    return found
