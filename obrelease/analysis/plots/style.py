"""How every picture is drawn: one style, and the same bytes for the same data.

Only matplotlib's object interface is used. A picture is built and written under matplotlib's own
defaults, whatever the user's `matplotlibrc` says, and those of the caller are back afterwards.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any, Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from obrelease.analysis.plots.dark_mode import GRID, GROUND, INK, QUIET, with_dark_style

DPI: Final = 100
WIDTH_IN: Final = 8.0
"""800 pixels at `DPI`."""

Format = Literal["svg", "png"]

_STYLE: Final = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.facecolor": GROUND,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.facecolor": GROUND,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": DPI,
    "savefig.facecolor": GROUND,
    "svg.fonttype": "path",
    "svg.hashsalt": "obrelease",
    "text.color": INK,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
}
_PROCESS_WIDE: Final = frozenset(
    {"backend", "backend_fallback", "interactive", "toolbar", "webagg.port", "webagg.address"}
)
_NO_METADATA: Final[dict[str, dict[str, None]]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
_ONE_AT_A_TIME = threading.Lock()


def draw(build: Callable[[], Figure], kind: Format = "svg") -> bytes:
    """Build a figure and write it as SVG or PNG: no date, no version, fixed element ids.

    The style is in force while `build` runs and while the picture is written, and nowhere else.
    """
    style: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if k not in _PROCESS_WIDE}
    buffer = io.BytesIO()
    with _ONE_AT_A_TIME, mpl.rc_context(style | _STYLE):
        build().savefig(buffer, format=kind, metadata=_NO_METADATA[kind])
    return with_dark_style(buffer.getvalue()) if kind == "svg" else buffer.getvalue()


def new_axes(height_in: float, title: str, *, rows: tuple[int, ...] = (1,)) -> tuple[Figure, list[Axes]]:
    """A figure 800 pixels wide with one column of axes; `rows` are their relative heights."""
    figure = Figure(figsize=(WIDTH_IN, height_in))
    grid = figure.add_gridspec(len(rows), 1, height_ratios=rows)
    first = figure.add_subplot(grid[0])
    axes = [first, *(figure.add_subplot(grid[i], sharex=first) for i in range(1, len(rows)))]
    # dollar signs are money or payload here, never mathematics
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, parse_math=False)
    return figure, axes


def legend_above(axes: Axes, columns: int) -> None:
    """A legend over the axes, where no data can be under it."""
    legend = axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, borderaxespad=0.2)
    for text in legend.get_texts():
        text.set_parse_math(False)
