"""The runs of a series in the order of their commits, and which toolchain speaks for each commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from obrelease.models.run_figures import FigurePoint

_Place = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class CommitRuns:
    """All runs of one commit.

    Attributes:
        by_toolchain: in the order of their first runs; the runs of each by time. At least one.
        toolchain: the one whose runs are the point of the history; the others measured the commit again.
    """

    by_toolchain: Mapping[str, tuple[FigurePoint, ...]]
    toolchain: str

    @property
    def runs(self) -> tuple[FigurePoint, ...]:
        """The runs that are the point of the history."""
        return self.by_toolchain[self.toolchain]


def commit_runs(points: Sequence[FigurePoint], order: Mapping[str, int]) -> list[CommitRuns]:
    """Known commits by the graph; others behind the newest known commit that was measured before them.

    A commit that was measured with several toolchains is one point: that of the toolchain which gives the
    fewest breaks, and of those the one that measured it first.
    """
    found: dict[_Place, dict[str, list[FigurePoint]]] = {}
    unknown: dict[str, _Place] = {}
    reached = -1
    for run in sorted(points, key=lambda run: (run.created_ns, run.digest)):
        place = order.get(run.commit or "")
        if place is not None:
            reached = max(reached, place)
            key: _Place = (place, 0, 0, "")
        else:
            key = (reached, 1, run.created_ns, run.digest)
            if run.commit:
                key = unknown.setdefault(run.commit, key)
        found.setdefault(key, {}).setdefault(run.toolchain, []).append(run)
    ordered = [found[key] for key in sorted(found)]
    chosen = _fewest_breaks([list(each) for each in ordered])
    return [
        CommitRuns({name: tuple(runs) for name, runs in each.items()}, toolchain)
        for each, toolchain in zip(ordered, chosen, strict=True)
    ]


def _fewest_breaks(choices: Sequence[Sequence[str]]) -> list[str]:
    """One toolchain for each commit (Viterbi): fewest changes, then the earliest choices."""
    costs: dict[str, tuple[int, int]] = {}
    origins: list[dict[str, str]] = []
    for names in choices:
        best = min(costs, key=costs.__getitem__, default="")
        new: dict[str, tuple[int, int]] = {}
        origin: dict[str, str] = {}
        for rank, name in enumerate(names):
            breaks, ranks = costs.get(best, (0, 0))
            changed = (breaks + (best in costs), ranks)
            stays = name in costs and costs[name] <= changed
            before = costs[name] if stays else changed
            origin[name] = name if stays else best
            new[name] = (before[0], before[1] + rank)
        origins.append(origin)
        costs = new
    chosen = []
    name = min(costs, key=costs.__getitem__, default="")
    for origin in reversed(origins):
        chosen.append(name)
        name = origin[name]
    return chosen[::-1]
