"""Pictures of a response: a heat map over two parameters, and lines over one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from obrelease.analysis.plots.colours import BACKGROUND, PALETTE
from obrelease.analysis.plots.picture_text import PictureText
from obrelease.analysis.plots.style import draw, legend_above, new_axes
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.sweeps.response import (
    Response,
    combinations,
    is_numeric,
    same_value,
)
from obrelease.models.artefact import Scalar

MOST_LINES: Final = len(PALETTE)
MOST_MAPS: Final = 6
"""Pictures of one kind for one metric; what is left out is named below the picture."""

_MOST_LABELLED: Final = 12
_LOGARITHMIC: Final = 20
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""

_COLOURS: Final = 48
"""Fewer than matplotlib draws as an image: a scale of vectors is the same on every machine."""

_ON_LIGHT: Final = "#010101"
_ON_DARK: Final = "#fefefe"
"""Not the colours of the style, which change on dark pages: a cell keeps its colour."""

_MARKERS: Final = "osD^vP"


@dataclass(frozen=True, slots=True)
class ResponsePicture:
    """A picture of a response.

    Attributes:
        title: what it shows.
        description: the same in words, for who cannot see it.
        svg: its bytes.
    """

    title: str
    description: str
    svg: bytes


def response_pictures(
    response: Response, x: str | None = None, y: str | None = None
) -> Iterator[ResponsePicture]:
    """The pictures of a response: heat maps over two parameters, then lines over each.

    Args:
        x, y: the parameters of the heat maps; those with the most values if None.
    """
    axes = response.axes()
    chosen = [name for name in (x, y) if name is not None]
    names = [*chosen, *(name for name in axes if name not in chosen)]
    if len(names) > 1:
        others = {name: axes[name] for name in names[2:]}
        maps = combinations(others)
        for number, fixed in enumerate(maps[:MOST_MAPS], start=1):
            left_out = len(maps) - MOST_MAPS if number == MOST_MAPS else 0
            yield _heat_map(response, (names[0], axes[names[0]]), (names[1], axes[names[1]]), fixed, left_out)
    for name in names:
        others = {other: values for other, values in axes.items() if other != name}
        yield _lines(response, name, axes[name], combinations(others))


def point_text(point: Mapping[str, Scalar]) -> str:
    """A point in one line."""
    return ", ".join(f"{name} {_label(value)}" for name, value in point.items())


def _heat_map(
    response: Response,
    across: tuple[str, Sequence[Scalar]],
    up: tuple[str, Sequence[Scalar]],
    fixed: Mapping[str, Scalar],
    left_out: int,
) -> ResponsePicture:
    values = np.full((len(up[1]), len(across[1])), np.nan)
    for each in response.at(fixed):
        column, row = _index(across[1], each.point[across[0]]), _index(up[1], each.point[up[0]])
        values[row, column] = each.median
    where = f", {point_text(fixed)}" if fixed else ""
    title = f"{response.title} by {across[0]} and {up[0]}{where}"

    def build() -> Figure:
        figure, (axes,) = new_axes(max(2.6, min(7.0, 1.6 + 0.42 * len(up[1]))), title)
        mesh = axes.pcolormesh(
            np.ma.masked_invalid(values),
            cmap=colormaps["cividis"].resampled(_COLOURS),
            edgecolors=BACKGROUND,
            linewidth=1.0,
        )
        bar = figure.colorbar(mesh, ax=axes)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value, response.unit)))
        _write_values(axes, values, response.unit)
        _name_ticks(axes, across, up)
        return figure

    more = f" {left_out} more combinations of the other parameters are in the table." if left_out else ""
    return _picture(build, title, f"{_range(response, values)}{more}")


def _write_values(axes: Axes, values: NDArray[np.float64], unit: str) -> None:
    if max(values.shape) > _MOST_LABELLED or not np.isfinite(values).any():
        return
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            color = _ON_LIGHT if value > middle else _ON_DARK
            axes.text(
                column + 0.5, row + 0.5, readable(float(value), unit),
                ha="center", va="center", color=color, fontsize=8, parse_math=False,
            )  # fmt: skip


def _name_ticks(axes: Axes, across: tuple[str, Sequence[Scalar]], up: tuple[str, Sequence[Scalar]]) -> None:
    for axis, (name, values) in ((axes.xaxis, across), (axes.yaxis, up)):
        step = -(-len(values) // 20)
        axis.set_ticks(np.arange(0, len(values), step) + 0.5, [_label(value) for value in values[::step]])
        axis.set_label_text(name, parse_math=False)
        axis.set_tick_params(length=0)


def _lines(
    response: Response, name: str, values: Sequence[Scalar], series: Sequence[Mapping[str, Scalar]]
) -> ResponsePicture:
    title = f"{response.title} by {name}"
    numeric = is_numeric(values)
    places = [float(value) for value in values] if numeric else [float(at) for at in range(len(values))]

    def build() -> Figure:
        figure, (axes,) = new_axes(4.2, title)
        for number, fixed in enumerate(series[:MOST_LINES]):
            _draw_line(axes, response, (name, values, places), fixed, number)
        if numeric and places[0] > 0 and places[-1] / places[0] >= _LOGARITHMIC:
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
        if len(values) <= _MOST_LABELLED or not numeric:
            axes.xaxis.set_major_locator(FixedLocator(places))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _tick(places, values, at)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(float(value), response.unit)))
        axes.set_xlabel(name, parse_math=False)
        axes.grid(axis="y")
        if len(series) > 1:
            legend_above(axes, 3)
        return figure

    medians = np.array([each.median for each in response.points])
    more = len(series) - MOST_LINES
    left_out = f" {more} more lines are in the table." if more > 0 else ""
    return _picture(build, title, f"{_range(response, medians)}{left_out}")


def _draw_line(
    axes: Axes,
    response: Response,
    across: tuple[str, Sequence[Scalar], Sequence[float]],
    fixed: Mapping[str, Scalar],
    number: int,
) -> None:
    """The medians at the values of a parameter, with bars from the smallest to the largest run."""
    name, values, places = across
    found = {_index(values, each.point[name]): each for each in response.at(fixed) if name in each.point}
    if not found:
        return
    at = sorted(found)
    medians = np.array([found[index].median for index in at])
    low = np.array([min(found[index].values) for index in at])
    high = np.array([max(found[index].values) for index in at])
    axes.errorbar(
        [places[index] for index in at],
        medians,
        yerr=(medians - low, high - medians),
        color=PALETTE[number],
        marker=_MARKERS[number],
        markersize=4,
        capsize=2,
        elinewidth=1.0,
        label=point_text(fixed) or response.metric,
    )


def _picture(build: Callable[[], Figure], title: str, description: str) -> ResponsePicture:
    svg = draw(build, text=PictureText(title, description))
    return ResponsePicture(title, description, svg)


def _range(response: Response, values: NDArray[np.float64]) -> str:
    found = values[np.isfinite(values)]
    if not found.size:
        return "No run was measured here."
    low, high = readable(float(found.min()), response.unit), readable(float(found.max()), response.unit)
    better = f" {response.direction.capitalize()} is better." if response.direction else ""
    return f"Medians over the runs of a point, from {low} to {high}.{better}"


def _tick(places: Sequence[float], values: Sequence[Scalar], at: float) -> str:
    return next((_label(value) for place, value in zip(places, values, strict=True) if place == at), "")


def _index(values: Sequence[Scalar], value: Scalar) -> int:
    return next(at for at, each in enumerate(values) if same_value(each, value))


def _label(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 24 else f"{text[:12]}..."
