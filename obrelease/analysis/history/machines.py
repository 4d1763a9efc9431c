"""One history of several machines: each is a part of what may change between two runs, as a compiler is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from obrelease.models.run_figures import FigurePoint, SeriesKey


def join_machines(
    found: Iterable[tuple[SeriesKey, list[FigurePoint]]],
) -> list[tuple[SeriesKey, list[FigurePoint]]]:
    """The series of a metric on all its machines as one, named by the newest; others stay as they are.

    A change of machine is then a break between the points, which a commit measured on both bridges.
    """
    alike: dict[SeriesKey, list[tuple[SeriesKey, list[FigurePoint]]]] = {}
    for key, points in found:
        alike.setdefault(replace(key, machine=""), []).append((key, points))
    return [_joined(parts) if len(parts) > 1 else parts[0] for parts in alike.values()]


def _joined(parts: list[tuple[SeriesKey, list[FigurePoint]]]) -> tuple[SeriesKey, list[FigurePoint]]:
    newest_first = sorted(
        parts, key=lambda part: (max(run.created_ns for run in part[1]), part[0].machine), reverse=True
    )
    names = [key.machine for key, _ in newest_first]
    key = replace(newest_first[0][0], machine=f"{names[0]} (before: {', '.join(names[1:])})")
    points = [
        run._replace(toolchain=f"{part.machine}, {run.toolchain}" if run.toolchain else part.machine)
        for part, runs in parts
        for run in runs
    ]
    return key, points
