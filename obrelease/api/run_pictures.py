"""The pictures of a recorded run, in another format or size than those that were recorded."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from obrelease.api.plot_files import ImageFormat
from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import NotFound, UsageError
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
    registry: RegistryLike = "results",
) -> dict[str, bytes]:
    """Draw the pictures of a run from its numbers, by file name.

    An SVG has real text, a title and a description; it is not the recorded file, whose bytes stay.

    Args:
        run: an entry, or a digest, its prefix, a pinned name or `latest`.
        image_format: `svg`, `png` or `pdf`.
        size: such as `1200x600`, in pixels of 1/100 inch; each picture's own size if None.
        registry: the registry, or its folder.

    Raises:
        UsageError: an unknown format, or a malformed size.
        NotFound: no such run, or its kind has no pictures.
        IntegrityError, InvalidInput: the run is damaged.

    Example:
        >>> for name, data in plot_run("4f2a", image_format="pdf").items():
        ...     pathlib.Path(name).write_bytes(data)
    """
    chosen = next((each for each in PICTURE_FORMATS if each == image_format), None)
    if chosen is None:
        raise UsageError(
            f"the format is {image_format!r:.40}", hint=f"formats are {', '.join(PICTURE_FORMATS)}"
        )
    size_in = None if size is None else _inches(size)
    store = store_of(registry)
    entry = run if isinstance(run, Entry) else store.resolve(run)
    artefact = store.load(entry)
    from obrelease.analysis.kinds.all_kinds import kind_of
    from obrelease.analysis.kinds.run_kind import read_content
    from obrelease.analysis.plots.style import PictureOptions, picture_options

    with picture_options(PictureOptions(chosen, size_in)):
        drawn = kind_of(artefact).plots(read_content(artefact, entry.folder))
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
