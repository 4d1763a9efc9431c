"""What the registry knows of a run without opening it, and how runs are chosen by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from obrelease.errors import InvalidInput
from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.models.canonical import digest_bytes, parse_strict, read_bounded
from obrelease.models.validation import explain


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded run.

    Attributes:
        digest: the artefact digest, sha256 of `artefact.json` as stored.
        folder: where it lies; `place` is the same below the results folder, with `/`.
        created_ns: nanoseconds since 1970, by the clock of the machine that ran it.
        size_bytes: of the envelope and all files together.
        core, commit, dirty, workload, messages, events_digest: from the envelope; None where it
            does not say.
    """

    digest: str
    kind: str
    scenario: str
    folder: Path
    place: str
    created_ns: int
    size_bytes: int
    core: str | None
    commit: str | None
    dirty: bool | None
    workload: str | None
    messages: int | None
    events_digest: str | None

    def as_json(self) -> dict[str, Any]:
        """The entry for `--json`: the folder as its place, nanoseconds as text."""
        return {
            "digest": self.digest,
            "kind": self.kind,
            "scenario": self.scenario,
            "path": self.place,
            "created_ns": str(self.created_ns),
            "size_bytes": self.size_bytes,
            "core": self.core,
            "commit": self.commit,
            "dirty": self.dirty,
            "workload": self.workload,
            "messages": self.messages,
            "events_digest": self.events_digest,
        }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs: `digest`, `commit` and `events_digest` by their beginning, the others exactly."""

    kind: str | None = None
    scenario: str | None = None
    core: str | None = None
    digest: str | None = None
    commit: str | None = None
    events_digest: str | None = None

    def __str__(self) -> str:
        given = ((name, getattr(self, name)) for name in self.__slots__)
        return " ".join(f"{name}={value}" for name, value in given if value is not None)


def entry_of(artefact: Artefact, digest: str, root: Path, place: str, envelope_bytes: int) -> Entry:
    """The entry of an artefact that lies at `place` below `root`."""
    core = artefact.parameters.get("core")
    workload, outcome = artefact.workload, artefact.outcome
    return Entry(
        digest=digest,
        kind=artefact.kind,
        scenario=artefact.scenario,
        folder=root / place,
        place=place,
        created_ns=int(artefact.created_ns),
        size_bytes=envelope_bytes + sum(entry.size for entry in artefact.files),
        core=core if isinstance(core, str) else None,
        commit=artefact.producer.commit,
        dirty=artefact.producer.dirty,
        workload=workload.name if workload else None,
        messages=workload.messages if workload else None,
        events_digest=outcome.events_digest if outcome else None,
    )


def read_entry(root: Path, place: str) -> Entry:
    """Read the entry of the folder at `place`; its other files are not opened.

    Raises:
        NotFound, StorageError: the envelope cannot be read.
        InvalidInput: the envelope is malformed, or it belongs in another place.
    """
    path = root / place / ENVELOPE_NAME
    data = read_bounded(path)
    parse_strict(data, str(path))
    try:
        artefact = Artefact.model_validate_json(data)
    except ValidationError as error:
        raise InvalidInput(f"{path}: {explain(error)[0]}") from error
    digest = digest_bytes(data)
    if (fault := misplaced(artefact, digest, place)) is not None:
        raise InvalidInput(f"{root / place}: {fault}")
    return entry_of(artefact, digest, root, place, len(data))


def misplaced(artefact: Artefact, digest: str, place: str) -> str | None:
    """Why an artefact does not belong at `place`, or None where it does."""
    kind, scenario, name = place.split("/")
    if (kind, scenario) != (artefact.kind, artefact.scenario):
        return f"holds a run of {artefact.kind}/{artefact.scenario}"
    if not digest.startswith(name):
        return f"is not named by its envelope, whose sha256 is {digest}"
    return None
