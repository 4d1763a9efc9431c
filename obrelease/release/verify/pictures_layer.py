"""Layer `pictures`: those next to a bundle are files of its runs, and those of our runs are drawn again."""

from __future__ import annotations

from collections import Counter

from obrelease.analysis.consistency.redrawn_plots import (
    FALSE_PLOT,
    MAX_DRAWN_RUNS,
    RedrawnPlots,
    redraw_plots,
)
from obrelease.errors import IntegrityError
from obrelease.release.release_contents import pictures_of
from obrelease.release.verify.layer_result import (
    DOWNLOAD_AGAIN,
    LayerResult,
    counted_names,
    listed,
    require_equal,
)
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.storage.progress import Progress


def pictures_layer(verified: VerifiedFiles, progress: Progress) -> LayerResult:
    """Compare the pictures next to the bundle with its runs, and draw those of this version again.

    That every SVG is passive is checked with its run. A picture that is drawn otherwise here is refused if
    the same libraries drew it. Otherwise it is named, and the layer counts as not checked.

    Raises:
        IntegrityError: an asset is missing, additional, or not the picture of a run; or a picture is not
            the plot of the numbers of its run.
    """
    expected = {picture.path: picture.sha256 for picture in pictures_of(verified.runs)}
    actual = {asset.name: asset.sha256 for asset in verified.manifest.assets}
    require_equal(actual, expected, f"{verified.manifest.tag}: the manifest's assets")
    found: list[tuple[str, RedrawnPlots]] = []
    with progress("drawing", len(verified.runs)) as advance:
        for number, run in enumerate(verified.runs):
            found.append(
                (run.facts.path, redraw_plots(run.artefact, run.folder, draw=number < MAX_DRAWN_RUNS))
            )
            advance(1)
    false = [f"{path}/{name}" for path, plots in found for name in plots.false]
    if false:
        raise IntegrityError(f"{false[0]}: {FALSE_PLOT}", hint=DOWNLOAD_AGAIN)
    equal = sum(len(plots.equal) for _, plots in found)
    alone = Counter(name for _, plots in found for name in plots.not_drawn)
    different = [f"{path}/{name}" for path, plots in found for name in plots.different]
    if not (equal or alone or different):
        return LayerResult("pictures", True, "the release has no pictures")
    detail = f"{len(actual)} attached, each a file of its run; drawn again and equal: {equal}"
    detail += f"; passive, but only hashed: {counted_names(alone)}" if alone else ""
    if different:
        detail += (
            f"; drawn otherwise here, by another matplotlib or from other numbers: {len(different)} "
            f"({listed(different)})"
        )
    return LayerResult("pictures", not different, detail)
