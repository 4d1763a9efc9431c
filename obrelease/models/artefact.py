"""The artefact envelope: workload, host, results and files of one run.

Format history (``ARTEFACT_VERSION``):

1. First version.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from obrelease.models.base import (
    MAX_SAFE_INTEGER,
    Commit,
    Digest,
    Document,
    Nanos,
    RelativePath,
    Slug,
    Uint64,
    Unit,
)

ARTEFACT_VERSION: Final = 1

ENVELOPE_NAME: Final = "artefact.json"
"""The envelope's file name in the artefact's folder; no listed file may have it."""

ORIGINAL_STEM: Final = "original"
"""The stem of the imported file, which is kept next to the envelope."""

UNKNOWN: Final = "unknown"
"""A stable fact that is not known; it is not equal to anything, not even to itself."""

DIRECTION_PREFIX: Final = "direction."
"""Parameters of this prefix give the better values of a metric."""

DIRECTIONS: Final[tuple[Literal["higher"], Literal["lower"]]] = ("higher", "lower")

Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Integer = Annotated[int, Field(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
Text = Annotated[str, Field(max_length=4096)]
Scalar = bool | Integer | float | Text
Kind = Literal["bench", "stress", "architectures", "replay", "profile", "imported"]


class Producer(Document):
    """The program that wrote the artefact, and the source it was built from.

    Attributes:
        commit, dirty: of the tree whose sources are those that ran, and of no other.
        sources_digest: sha256 over the Python sources that ran.
        core_digest: sha256 over the sources that the compiled core was built from, where it ran.
    """

    name: Slug
    version: Text
    commit: Commit | None = None
    dirty: bool | None = None
    sources_digest: Digest | None = None
    core_digest: Digest | None = None


class StableHost(Document):
    """Facts that may decide whether two runs compare: they do not change while a machine runs."""

    system: Text
    machine: Text
    cpu_model: Text
    cpu_count: Count
    python: Text
    compiler: Text | None = None
    libraries: dict[Slug, Text] = Field(default_factory=dict)


class VolatileHost(Document):
    """Facts that never decide a comparison: they differ from one minute to the next."""

    kernel: Text | None = None
    load_1m_milli: Count | None = None
    cpu_khz: Count | None = None
    memory_available_bytes: Count | None = None


class Host(Document):
    """The machine, in its stable and its volatile facts."""

    stable: StableHost
    volatile: VolatileHost


class SourceFile(Document):
    """A data file that was read, named by its content; where it lay on disk is nobody's business."""

    name: Text
    size: Count
    sha256: Digest


class Workload(Document):
    """What was asked of the engine: enough to make the same commands again."""

    name: Slug
    version: Count
    messages: Count
    commands_digest: Digest
    seed: Uint64 | None = None
    source: SourceFile | None = None


class Check(Document):
    """A statement that the run proved or failed to prove, with the counts behind it."""

    name: Slug
    passed: bool
    detail: Text = ""
    counts: dict[Slug, Count] = Field(default_factory=dict)


class Outcome(Document):
    """What the deterministic workload gave; equal on every core, architecture and machine."""

    events: Count
    events_digest: Digest
    state_digest: Digest
    counts: dict[Slug, Count] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()


class Measurement(Document):
    """A named series of samples in one unit, in the order they were taken."""

    name: Slug
    unit: Unit
    samples: tuple[Integer | float, ...] = Field(max_length=1_000_000)


class HistogramRef(Document):
    """A latency histogram kept beside the envelope in HdrHistogram V2 form.

    `clock` says what was timed: `service` from the start of the work, `response` from the
    intended arrival.
    """

    name: Slug
    path: RelativePath
    unit: Unit
    clock: Literal["service", "response"]
    count: Count
    out_of_range: Count
    significant_digits: Annotated[int, Field(ge=1, le=5)]


class FileEntry(Document):
    """A file of the artefact: the envelope covers it by size and digest."""

    path: RelativePath
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9.+-]+$", max_length=127)]
    size: Count
    sha256: Digest


class Artefact(Document):
    """One run, whole. Its digest is the sha256 of `artefact.json` as stored."""

    format: Literal["obrelease.artefact"] = "obrelease.artefact"
    version: Literal[1] = ARTEFACT_VERSION
    kind: Kind
    scenario: Slug
    created_ns: Nanos
    command: tuple[Text, ...]
    producer: Producer
    host: Host
    parameters: dict[Slug, Scalar] = Field(default_factory=dict)
    workload: Workload | None = None
    outcome: Outcome | None = None
    measurements: tuple[Measurement, ...] = ()
    histograms: tuple[HistogramRef, ...] = ()
    files: tuple[FileEntry, ...] = ()

    @model_validator(mode="after")
    def _check_directions(self) -> Self:
        """Refuse a direction that no reader knows, because it would be taken for the other one."""
        for name, value in self.parameters.items():
            if name.startswith(DIRECTION_PREFIX) and value not in DIRECTIONS:
                raise ValueError(f"parameters: {name!r} is {value!r}, neither 'higher' nor 'lower'")
        return self

    @model_validator(mode="after")
    def _check_file_paths(self) -> Self:
        """Refuse two files with one name on a case-insensitive disk, and a file with the name of a folder."""
        seen = {ENVELOPE_NAME}
        folders: set[str] = set()
        for entry in self.files:
            folded = entry.path.casefold()
            if folded in seen:
                raise ValueError(f"files: {entry.path!r} is taken by another file")
            seen.add(folded)
            parts = folded.split("/")
            folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
        if both := seen & folders:
            raise ValueError(f"files: {min(both)!r} is both a file and a folder")
        return self
