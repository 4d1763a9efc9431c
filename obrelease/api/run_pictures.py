"""The pictures of a recorded run, in another format or size than those that were recorded."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Final

from obrelease.api.plot_files import ImageFormat
from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import NotFound, UsageError
from obrelease.models.close_names import hint_with_suggestion
from obrelease.registry.entry import Entry

PICTURE_FORMATS: Final[tuple[ImageFormat, ...]] = ("svg", "png", "pdf")

_SIZE: Final = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_LEAST_PX: Final = 200
_MOST_PX: Final = 5_000


def plot_run(
    run: Entry | str,
    *,
    image_format: str = "svg",
    size: str | None = None,
    begin: str | None = None,
    end: str | None = None,
    trace: str | os.PathLike[str] | None = None,
    registry: RegistryLike = "results",
) -> dict[str, bytes]:
    """Draw the pictures of a run from its numbers, by file name.

    An SVG has real text, a title and a description; it is not the recorded file, whose bytes stay.

    Args:
        run: an entry, or a digest, its prefix, a pinned name or `latest`.
        image_format: `svg`, `png` or `pdf`.
        size: such as `1200x600`, in pixels of 1/100 inch; each picture's own size if None.
        begin, end: a part of the day of a replay, such as `10:00` and `10:30`; only the pictures of the day
            are drawn then.
        trace: the LOBSTER data of a replay, from which the pictures of its day are drawn: a run keeps no time
            series. The replay is repeated and must give the recorded events.
        registry: the registry, or its folder.

    Raises:
        UsageError: an unknown format, a malformed size or time, or no replay of a LOBSTER day.
        NotFound: no such run or file, its kind has no pictures, or nothing happened in that part of the day.
        IntegrityError, InvalidInput: the run is damaged, or the file is not the one that was replayed.
        NotReproduced: the repeated replay gives other events.

    Example:
        >>> for name, data in plot_run("4f2a", image_format="pdf").items():
        ...     pathlib.Path(name).write_bytes(data)
    """
    chosen = next((each for each in PICTURE_FORMATS if each == image_format), None)
    if chosen is None:
        raise UsageError(
            f"the format is {image_format!r:.40}",
            hint=hint_with_suggestion(
                str(image_format), PICTURE_FORMATS, f"formats are {', '.join(PICTURE_FORMATS)}"
            ),
        )
    size_in = None if size is None else _inches(size)
    store = store_of(registry)
    entry = run if isinstance(run, Entry) else store.resolve(run)
    artefact = store.load(entry)
    from obrelease.analysis.kinds.all_kinds import kind_of
    from obrelease.analysis.kinds.run_kind import read_content
    from obrelease.analysis.kinds.stress.sweep_plot import sweep_pictures
    from obrelease.analysis.plots.style import PictureOptions, picture_options
    from obrelease.recorder.day_pictures import Window, day_pictures
    from obrelease.recorder.profit_pictures import profit_pictures

    window = Window(begin, end)
    drawn: dict[str, bytes] = {}
    with picture_options(PictureOptions(chosen, size_in)):
        if not window:
            drawn |= kind_of(artefact).plots(read_content(artefact, entry.folder))
            drawn |= sweep_pictures(artefact, entry.folder)
            drawn |= profit_pictures(artefact, entry.folder)
        if window or trace is not None:
            drawn |= day_pictures(artefact, None if trace is None else Path(trace), window)
    pictures = {
        f"{PurePosixPath(name).stem}.{chosen}": data
        for name, data in drawn.items()
        if data.startswith(_BEGINNINGS[chosen])
    }
    if not pictures:
        raise NotFound(
            f"{entry.digest[:12]}: a run of kind {artefact.kind} has no pictures of this format",
            hint="`history METRIC --plot FILE` and `diff A B --plot FILE` draw any metric",
        )
    return pictures


_BEGINNINGS: Final[dict[ImageFormat, bytes]] = {"svg": b"<", "png": b"\x89PNG", "pdf": b"%PDF"}
"""How a picture of each format begins; a flame graph is an SVG only."""


def _inches(size: str) -> tuple[float, float]:
    found = _SIZE.fullmatch(size)
    sides = [int(side) for side in found.groups()] if found else []
    if not sides or not all(_LEAST_PX <= side <= _MOST_PX for side in sides):
        raise UsageError(
            f"the size is {size!r:.40}",
            hint=f"write WIDTHxHEIGHT in pixels, each from {_LEAST_PX} to {_MOST_PX}, such as 1200x600",
        )
    return sides[0] / 100, sides[1] / 100
