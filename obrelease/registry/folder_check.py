"""The result of checking one artefact folder; loads the models only if the artefact's is wanted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.models.artefact_format import ENVELOPE_NAME
from obrelease.models.finding import Finding
from obrelease.registry.entry import Entry, entry_of, entry_of_value
from obrelease.registry.sound_folder import SoundFolder

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """The result of checking one artefact folder.

    Attributes:
        folder: its path.
        digest: sha256 of the envelope as stored, None if it cannot be read.
        size_bytes: bytes that were read and hashed.
        problems: every broken rule; empty if the folder is sound.
        envelope: the envelope if it is valid; as it was read if nothing is unusual.
    """

    folder: str
    digest: str | None
    size_bytes: int
    problems: tuple[Finding, ...]
    envelope: SoundFolder | Artefact | None = None

    @property
    def artefact(self) -> Artefact | None:
        """The envelope, None if it is not valid; its model may be built each time."""
        if not isinstance(self.envelope, SoundFolder):
            return self.envelope
        from obrelease.models.artefact import Artefact
        from obrelease.models.validation import model_errors

        with model_errors(f"{self.folder}/{ENVELOPE_NAME}"):
            return Artefact.model_validate_json(self.envelope.data)

    def entry(self, root: Path, location: str) -> Entry | None:
        """The entry of the run whose folder was checked, None if its envelope is not valid."""
        if isinstance(self.envelope, SoundFolder):
            with suppress(KeyError):  # a field of the envelope was left out
                sound = self.envelope
                return entry_of_value(sound.value, sound.digest, root, location, len(sound.data))
        artefact = self.artefact
        if artefact is None or self.digest is None:
            return None
        envelope_bytes = self.size_bytes - sum(file.size for file in artefact.files)
        return entry_of(artefact, self.digest, root, location, envelope_bytes)
