"""An artefact before it is recorded: its envelope without the list of files, and the files."""

from __future__ import annotations

from dataclasses import dataclass

from obrelease.models.artefact import Artefact
from obrelease.storage.durable import NewFile


@dataclass(frozen=True, slots=True)
class ArtefactDraft:
    """What `Registry.record` takes: an artefact without its list of files, and those files."""

    artefact: Artefact
    files: tuple[NewFile, ...]
