"""An artefact before it is recorded: its envelope without the list of files, and the files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact
from obrelease.models.validation import validation_messages
from obrelease.storage.durable import NewFile


@dataclass(frozen=True, slots=True)
class ArtefactDraft:
    """What `Registry.record` takes: an artefact without its list of files, and those files."""

    artefact: Artefact
    files: tuple[NewFile, ...]


def slug(text: str) -> str:
    """A folder-safe name made of any text: lower case, other characters as `-`, at most 64."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:64] or "unnamed"


@contextmanager
def envelope_errors(source: str) -> Iterator[None]:
    """Turn a failed validation of an envelope into `InvalidInput`; `source` names the values' origin."""
    try:
        yield
    except ValidationError as error:
        raise InvalidInput(f"{source}: {validation_messages(error)[0]}") from error
