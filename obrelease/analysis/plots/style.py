"""The style of every plot, and rendering: the same bytes for the same data.

Only matplotlib's object interface is used. A plot is built and written under matplotlib's own
defaults, independent of the user's `matplotlibrc`; the caller's settings are restored afterwards.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import ft2font
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from obrelease.analysis.plots.colours import BACKGROUND, GRID, MUTED, TEXT, with_dark_style

DPI: Final = 100
WIDTH_IN: Final = 8.0
"""800 pixels at `DPI`."""

ImageFormat = Literal["svg", "png"]

_STYLE: Final = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": BACKGROUND,
    "axes.labelcolor": TEXT,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": TEXT,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.facecolor": BACKGROUND,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": DPI,
    "savefig.facecolor": BACKGROUND,
    "svg.fonttype": "path",
    "svg.hashsalt": "obrelease",
    "text.color": TEXT,
    "xtick.color": MUTED,
    "xtick.labelcolor": TEXT,
    "ytick.color": MUTED,
    "ytick.labelcolor": TEXT,
}
_NOT_RESET: Final = frozenset(
    {"backend", "backend_fallback", "interactive", "toolbar", "webagg.port", "webagg.address"}
)
_NO_METADATA: Final[dict[str, dict[str, None]]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
_RC_LOCK = threading.Lock()


def draw(build: Callable[[], Figure], image_format: ImageFormat = "svg") -> bytes:
    """Build a figure and write it as SVG or PNG: no date, no version, fixed element ids.

    The style is in force only while `build` runs and the plot is written.
    """
    style: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if k not in _NOT_RESET}
    buffer = io.BytesIO()
    with _RC_LOCK, mpl.rc_context(style | _STYLE):
        build().savefig(buffer, format=image_format, metadata=_NO_METADATA[image_format])
    return with_dark_style(buffer.getvalue()) if image_format == "svg" else buffer.getvalue()


def drawing_libraries() -> dict[str, str]:
    """The version of each library that decides the bytes of a plot."""
    return {
        "freetype": ft2font.__freetype_version__,
        "matplotlib": mpl.__version__,
        "numpy": np.__version__,
    }


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
