"""Draws the plots of a run again from its numbers, and compares them with the recorded ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obrelease.analysis.kinds.all_kinds import is_of_this_version, kind_of
from obrelease.analysis.kinds.run_kind import read_content
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import Artefact
from obrelease.models.picture_rules import picture_rule
from obrelease.storage.hashing import digest_bytes


@dataclass(frozen=True, slots=True)
class RedrawnPlots:
    """The pictures of one run, by the paths of their files.

    Attributes:
        equal: drawn again here, with the same bytes.
        different: drawn again here, with other bytes: another version of matplotlib, or a false picture.
        not_drawn: the run does not keep what they show, or another program or version drew them.
    """

    equal: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    not_drawn: tuple[str, ...] = ()


def redraw_plots(artefact: Artefact, folder: Path, *, draw: bool = True) -> RedrawnPlots:
    """Draw the plots of a run of this version again; others are listed as not drawn.

    Envelopes do not name the version of matplotlib, so a difference is no proof of a false picture.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
        draw: False lists all pictures as not drawn.
    """
    digests = {
        entry.path: entry.sha256 for entry in artefact.files if picture_rule(entry.path, entry.media_type)
    }
    drawn = _drawn(artefact, folder) if draw and digests and is_of_this_version(artefact) else {}
    known = {path: digest == drawn[path] for path, digest in digests.items() if path in drawn}
    return RedrawnPlots(
        equal=tuple(sorted(path for path, equal in known.items() if equal)),
        different=tuple(sorted(path for path, equal in known.items() if not equal)),
        not_drawn=tuple(sorted(digests.keys() - known.keys())),
    )


def _drawn(artefact: Artefact, folder: Path) -> dict[str, str]:
    """The digests of the plots by their paths; empty if the run lacks a value that they show."""
    try:
        plots = kind_of(artefact).plots(read_content(artefact, folder))
    except (ObreleaseError, ArithmeticError, LookupError, ValueError):
        return {}
    return {path: digest_bytes(svg) for path, svg in plots.items()}
