"""The style of every plot, and rendering: the same bytes for the same data.

Only matplotlib's object interface is used. A plot is built and written under matplotlib's own
defaults, independent of the user's `matplotlibrc`; the caller's settings are restored afterwards.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import ft2font
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from obrelease.analysis.plots.colours import BACKGROUND, GRID, MUTED, TEXT, with_dark_style
from obrelease.analysis.plots.picture_text import PictureText, with_picture_text

DPI: Final = 100
WIDTH_IN: Final = 8.0
"""800 pixels at `DPI`."""

ImageFormat = Literal["svg", "png", "pdf"]

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
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
_DESCRIPTIONS: Final = {"png": "Description", "pdf": "Subject"}
_RC_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """How plots are written if somebody asks for pictures; recorded plots are written without options.

    Attributes:
        size_in: width and height in inches; None for the plot's own size.
    """

    image_format: ImageFormat
    size_in: tuple[float, float] | None = None


_OPTIONS: Final[ContextVar[PictureOptions | None]] = ContextVar("_OPTIONS", default=None)


@contextmanager
def picture_options(options: PictureOptions) -> Iterator[None]:
    """Every plot that is drawn within the block has this format and size, real text and a title."""
    token = _OPTIONS.set(options)
    try:
        yield
    finally:
        _OPTIONS.reset(token)


def is_asked_for() -> bool:
    """Whether a plot is drawn for somebody who asked for it, and not to be recorded or compared."""
    return _OPTIONS.get() is not None


def draw(
    build: Callable[[], Figure], image_format: ImageFormat = "svg", *, text: PictureText | None = None
) -> bytes:
    """Build a figure and write it: no date, no version, fixed element ids.

    The style is in force only while `build` runs and the plot is written.

    Args:
        text: its title and description; an SVG then also has text in place of outlines. Plots that are
            recorded with a run have none: their bytes are compared with what is drawn again.
    """
    options = _OPTIONS.get()
    chosen = image_format if options is None else options.image_format
    style: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if k not in _NOT_RESET}
    style |= _STYLE if text is None and options is None else _STYLE | {"svg.fonttype": "none"}
    buffer = io.BytesIO()
    with _RC_LOCK, mpl.rc_context(style), warnings.catch_warnings():
        if text is not None or options is not None:  # an SVG keeps the characters; others show a box
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = build()
        if options is not None and options.size_in is not None:
            figure.set_size_inches(*options.size_in)
        words = text or (None if options is None else _words_of(figure))
        metadata: dict[str, str | None] = dict(_NO_METADATA[chosen])
        if words is not None and chosen != "svg":
            metadata |= {"Title": words.title, _DESCRIPTIONS[chosen]: words.description}
        figure.savefig(buffer, format=chosen, metadata=metadata)
    if chosen != "svg":
        return buffer.getvalue()
    svg = with_dark_style(buffer.getvalue())
    return svg if words is None else with_picture_text(svg, words)


def _words_of(figure: Figure) -> PictureText:
    """The title of a plot, and what its axes and lines are."""
    sentences = []
    for axes in figure.axes:
        lines = [label for label in axes.get_legend_handles_labels()[1] if label]
        drawn = f": {', '.join(lines)}" if lines else ""
        over = f" over {axes.get_xlabel()}" if axes.get_xlabel() else ""
        sentences.append(f"{axes.get_ylabel() or 'Values'}{over}{drawn}.")
    return PictureText(figure.get_suptitle(), " ".join(sentences))


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
