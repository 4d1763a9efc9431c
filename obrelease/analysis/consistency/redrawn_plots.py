"""Draws the plots of a run again from its numbers, and compares them with the recorded ones."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.analysis.kinds.all_kinds import is_of_this_version, kind_of
from obrelease.analysis.kinds.run_kind import read_content
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import Artefact
from obrelease.models.finding import Finding
from obrelease.models.picture_rules import picture_rule
from obrelease.storage.hashing import digest_bytes

RULE: Final = "plot"
FALSE_PLOT: Final = "is not the plot of the run's numbers: the same libraries draw another one here"

MAX_DRAWN_RUNS: Final = 200
"""How many runs of a release are drawn again; it takes about half a second for each."""


@dataclass(frozen=True, slots=True)
class RedrawnPlots:
    """The pictures of one run, by the paths of their files.

    Attributes:
        equal: drawn again here, with the same bytes.
        different: drawn again here, with other bytes, by other libraries or on another kind of machine.
        false: drawn again here by the same libraries, with other bytes: not the plots of these numbers.
        not_drawn: the run does not keep what they show, or another program or version drew them.
    """

    equal: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    not_drawn: tuple[str, ...] = ()


def redraw_plots(artefact: Artefact, folder: Path, *, draw: bool = True) -> RedrawnPlots:
    """Draw the plots of a run of this version again; others are listed as not drawn.

    A difference is a proof of a false picture only if the envelope names the libraries that are installed
    here, and the kind of machine is the same: floating point may differ elsewhere in the last digit.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
        draw: False lists all pictures as not drawn.
    """
    digests = {
        entry.path: entry.sha256 for entry in artefact.files if picture_rule(entry.path, entry.media_type)
    }
    drawn = _drawn(artefact, folder) if draw and digests and is_of_this_version(artefact) else {}
    known = {path: digest == drawn[path] for path, digest in digests.items() if path in drawn}
    other = tuple(sorted(path for path, equal in known.items() if not equal))
    is_proof = bool(other) and drawn_as_here(artefact)
    return RedrawnPlots(
        equal=tuple(sorted(path for path, equal in known.items() if equal)),
        different=() if is_proof else other,
        false=other if is_proof else (),
        not_drawn=tuple(sorted(digests.keys() - known.keys())),
    )


def drawn_as_here(artefact: Artefact) -> bool:
    """Whether the plots of a run were drawn by what is installed here, as its envelope says."""
    if not artefact.drawn_with or not is_of_this_version(artefact):
        return False
    from obrelease.analysis.plots.style import drawing_libraries

    return artefact.drawn_with == drawing_libraries() and artefact.host.stable.machine == platform.machine()


def false_plots(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """The pictures of a run that are not the plots of its numbers, if that can be proved here."""
    if not drawn_as_here(artefact):
        return ()
    found = redraw_plots(artefact, folder).false
    return tuple(Finding(str(folder / path), RULE, FALSE_PLOT) for path in found)


def _drawn(artefact: Artefact, folder: Path) -> dict[str, str]:
    """The digests of the plots by their paths; empty if the run lacks a value that they show."""
    try:
        plots = kind_of(artefact).plots(read_content(artefact, folder))
    except (ObreleaseError, ArithmeticError, LookupError, ValueError):
        return {}
    return {path: digest_bytes(svg) for path, svg in plots.items()}
