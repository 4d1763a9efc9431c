"""Layer `notes`: the notes of a bundle are rendered again from its runs and compared."""

from __future__ import annotations

from itertools import zip_longest

from obrelease.analysis.kinds.all_kinds import is_of_this_version
from obrelease.bundle.asset_names import NOTES_NAME
from obrelease.errors import IntegrityError, ObreleaseError
from obrelease.models.artefact import ARTEFACT_VERSION
from obrelease.release.release_contents import notes_of
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.release.verify.run_layer import describe_producers
from obrelease.version import VERSION


def notes_layer(verified: VerifiedFiles) -> LayerResult:
    """Render the notes again and compare them byte by byte.

    A manifest does not name the version that published it. If this version measured every run, the notes
    are taken to be of this version too, and must be equal. With a run of another program or version, or of
    an older format, an older or newer version may have published it, whose notes can differ: then a
    difference is reported, and the layer counts as not checked.

    Raises:
        IntegrityError: this version measured every run, and the notes are different.
    """
    manifest = verified.manifest
    others = [
        run.artefact.producer
        for run in verified.runs
        if not is_of_this_version(run.artefact) or run.artefact.stored_version < ARTEFACT_VERSION
    ]
    try:
        expected = notes_of(manifest.project, manifest.tag, manifest.commit, verified.runs)
    except ObreleaseError as error:
        if not others:
            raise
        return LayerResult("notes", False, f"cannot be rendered here: {ascii(error.message)[1:-1][:200]}")
    recorded = verified.notes
    if recorded == expected.encode("utf-8"):
        count = len(verified.runs)
        return LayerResult("notes", True, f"rendered again from {count} runs, byte for byte the same")
    line = _first_different_line(recorded, expected.encode("utf-8"))
    if not others:
        raise IntegrityError(
            f"{manifest.bundle.name}: {NOTES_NAME}: line {line} is not what the runs give",
            hint="the notes were changed, or a newer obrelease published them: verify with that one",
        )
    return LayerResult(
        "notes",
        False,
        f"not those that {VERSION} renders, from line {line}; made from runs of {describe_producers(others)}",
    )


def _first_different_line(recorded: bytes, expected: bytes) -> int:
    pairs = zip_longest(recorded.split(b"\n"), expected.split(b"\n"))
    return next(number for number, (one, other) in enumerate(pairs, start=1) if one != other)
