"""The history of metrics: runs in commit order, breaks, and change points."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from obrelease.analysis.history.change_points import LEAST_POINTS
from obrelease.analysis.history.machines import join_machines
from obrelease.analysis.history.metric_history import HistoryStep, MetricHistory, build_history
from obrelease.analysis.history.to_json import history_json
from obrelease.api.arguments import checked_path
from obrelease.api.figures import figures_table
from obrelease.api.plot_files import image_format_of, require_plot_format
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import NotFound, UsageError
from obrelease.models.close_names import hint_with_suggestion
from obrelease.models.known_changes import KnownChanges, read_known_changes
from obrelease.models.run_figures import FigurePoint, SeriesKey
from obrelease.registry.figures.table import FiguresTable
from obrelease.registry.filter import Filter, parse_filter
from obrelease.registry.store import Registry
from obrelease.remote.git.commit_order import commit_order
from obrelease.remote.git.repository import repository_at
from obrelease.storage.output_files import write_output
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """The histories of the metrics that were asked for.

    Attributes:
        histories: by scenario, metric and machine.
        known: the accepted changes of the project.
    """

    least_runs: ClassVar[int] = LEAST_POINTS
    """How many runs without a break a history needs to be searched."""

    histories: tuple[MetricHistory, ...]
    known: KnownChanges = field(default_factory=KnownChanges)

    def reason_of(self, history: MetricHistory, step: HistoryStep) -> str | None:
        """Why a step is accepted; None if it is not."""
        around = history.points[step.low : step.high + 1]
        commits = tuple(point.commit for point in around if point.commit)
        return self.known.reason_for(history.series.name, commits)

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease history --json` prints."""
        return {
            "histories": [
                history_json(history, [self.reason_of(history, step) for step in history.steps])
                for history in self.histories
            ]
        }

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw the one history into an `.svg`, `.png` or `.pdf` file.

        Raises:
            UsageError: another suffix, or several histories.
            StorageError: the file cannot be written.
        """
        file = checked_path("path", path)
        require_plot_format(file)
        if len(self.histories) != 1:
            raise UsageError(
                f"a plot shows one history, and {len(self.histories)} match",
                hint="give the full name of the metric, and a filter such as scenario=NAME",
            )
        from obrelease.analysis.history.plot import history_plot

        picture = history_plot(self.histories[0], image_format=image_format_of(file))
        write_output(file, picture)

    @property
    def too_short(self) -> tuple[MetricHistory, ...]:
        """Histories that were not searched for change points, because they have too few runs."""
        return tuple(each for each in self.histories if all(part.changes is None for part in each.stretches))

    def alarms(self) -> Iterator[tuple[MetricHistory, HistoryStep]]:
        """Steps to worse values that are neither accepted nor taken back by a later step to better values."""
        for history in self.histories:
            steps = history.steps
            for number, step in enumerate(steps):
                is_taken_back = any(later.verdict == "better" for later in steps[number + 1 :])
                if step.verdict == "worse" and not is_taken_back and self.reason_of(history, step) is None:
                    yield history, step


def history(
    metric: str = "*",
    *filters: str,
    registry: RegistryLike = "results",
    repository: ProjectLike | None = ".",
    every_metric: bool = False,
    across_hosts: bool = False,
    reporter: Reporter = SILENT,
) -> HistoryReport:
    """The history of the metrics whose name matches a pattern.

    Runs are in the order of their commits in the graph of the repository; runs without a known commit
    have their place by time. Runs of unlike machines are separate histories. A change of the compiler,
    the interpreter or a library is a break. A commit that was measured on both sides bridges it.

    Args:
        metric: a shell pattern of the metric's full name, or its id.
        filters: in the language of `obrelease list`.
        registry: the registry, or its folder.
        repository: where commits are put in order; None for the order of time.
        every_metric: with a pattern, also what comes with a measurement: CPU time, counters.
        across_hosts: the machines of a metric are one history; a change of machine is a break.

    Raises:
        UsageError: a malformed filter.
        NotFound: no run has such a metric.
        InvalidInput: the file of known changes is malformed.
        StorageError, RemoteError: the folder or the repository cannot be read.

    Example:
        >>> for each in history("BM_Match", "label.branch=main").histories:
        ...     print(each.series.machine, [step.verdict for step in each.steps])
    """
    store, where = store_of(registry), parse_filter(*filters)
    with figures_table(store, kind=where.kind, scenario=where.scenario, reporter=reporter) as table:
        chosen = [
            (number, key)
            for number, key in table.series().items()
            if _is_wanted(key, where, metric, every_metric=every_metric)
        ]
        digests = _digests(store, where)
        found = [(key, _points(table, number, digests)) for number, key in chosen]
        names = () if chosen else sorted({key.name for key in table.series().values()})
    found = [(key, points) for key, points in found if points]
    if not found:
        raise NotFound(
            f"no run has a metric {metric!r}",
            hint=hint_with_suggestion(metric, names, "`obrelease show latest` lists the metrics of a run"),
        )
    if across_hosts:
        found = join_machines(found)
    order, known = _order(repository, [points for _, points in found])
    ordered = sorted(found, key=lambda item: _position(item[0]))
    return HistoryReport(tuple(build_history(key, points, order) for key, points in ordered), known)


def _is_wanted(key: SeriesKey, where: Filter, metric: str, *, every_metric: bool) -> bool:
    if any(
        wanted is not None and wanted != found
        for wanted, found in (
            (where.kind, key.kind),
            (where.scenario, key.scenario),
            (where.core, key.core or None),
        )
    ):
        return False
    if metric in (key.name, key.metric_id):
        return True
    return fnmatchcase(key.name, metric) and (key.primary or every_metric)


def _digests(store: Registry, where: Filter) -> frozenset[str] | None:
    """The runs that pass the filter; None if the series alone decide."""
    if where == Filter(kind=where.kind, scenario=where.scenario, core=where.core):
        return None
    return frozenset(entry.digest for entry in store.find(where))


def _points(table: FiguresTable, series: int, digests: frozenset[str] | None) -> list[FigurePoint]:
    return [point for point in table.points(series) if digests is None or point.digest in digests]


def _order(
    repository: ProjectLike | None, found: Sequence[Sequence[FigurePoint]]
) -> tuple[dict[str, int], KnownChanges]:
    if repository is None:
        return {}, KnownChanges()
    root = project_of(repository).root
    commits = {point.commit for points in found for point in points if point.commit}
    with repository_at(root) as repo:
        order = commit_order(repo, commits) if repo is not None and commits else {}
    return order, read_known_changes(root)


def _position(key: SeriesKey) -> tuple[str, ...]:
    return key.kind, key.scenario, key.core, key.name, key.parameters, key.machine, key.variant
