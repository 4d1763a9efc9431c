"""What every importer makes: an envelope of kind `imported`, and the original bytes beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.models.artefact import (
    ORIGINAL_STEM,
    Artefact,
    HistogramRef,
    Host,
    Measurement,
    Producer,
    Scalar,
    StableHost,
    VolatileHost,
)
from obrelease.models.artefact_draft import ArtefactDraft, slug
from obrelease.models.validation import model_errors
from obrelease.storage.durable import NewFile

TIME_UNITS: Final = {"ns": 0, "us": 3, "ms": 6, "s": 9}
"""Powers of ten that lead from a unit of time to nanoseconds."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import, and what the file cannot know.

    Attributes:
        name: the file's name, without folders.
        data: its bytes, kept as they are.
        now_ns: nanoseconds since 1970, used where the file has no date.
        scenario: what to call the workload; None for what the file suggests.
        unit: of a histogram's values: ns, us or ms.
        clock: what a histogram timed: `service` or `response`.
    """

    name: str
    data: bytes
    now_ns: int
    scenario: str | None = None
    unit: str = "ns"
    clock: str = "service"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What an importer read, before it becomes an envelope."""

    tool: str
    tool_version: str
    scenario: str
    stable: StableHost
    volatile: VolatileHost = field(default_factory=VolatileHost)
    measurements: Sequence[Measurement] = ()
    histograms: Sequence[HistogramRef] = ()
    files: Sequence[NewFile] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    created_ns: int | None = None
    commit: str | None = None
    dirty: bool | None = None


def draft(request: ImportRequest, found: ToolResult, *, media_type: str, suffix: str) -> ArtefactDraft:
    """Wrap what was found; the original is kept as `original<suffix>`.

    Raises:
        InvalidInput: nothing was measured, or a text is longer than an envelope takes.
    """
    if not found.measurements and not found.histograms:
        raise InvalidInput(
            f"{request.name}: holds no measurement", hint="let the tool measure something first"
        )
    with model_errors(request.name):
        artefact = Artefact(
            kind="imported",
            scenario=slug(request.scenario or found.scenario),
            created_ns=str(request.now_ns if found.created_ns is None else found.created_ns),
            command=("obrelease", "import", found.tool, request.name),
            producer=Producer(
                name=found.tool, version=found.tool_version, commit=found.commit, dirty=found.dirty
            ),
            host=Host(stable=found.stable, volatile=found.volatile),
            parameters=dict(found.parameters),
            measurements=tuple(found.measurements),
            histograms=tuple(found.histograms),
        )
    return ArtefactDraft(
        artefact, (NewFile(f"{ORIGINAL_STEM}{suffix}", media_type, request.data), *found.files)
    )


def measurements_ns(series: Iterable[tuple[str, Sequence[float]]]) -> tuple[Measurement, ...]:
    """Series of nanoseconds under safe names; names that become the same get `-2`, `-3`, in order."""
    taken: dict[str, tuple[float, ...]] = {}
    for text, samples in series:
        name, number = slug(text), 1
        while name in taken:
            number += 1
            name = f"{slug(text)[:58]}-{number}"
        taken[name] = tuple(samples)
    return tuple(Measurement(name=name, unit="ns", samples=samples) for name, samples in taken.items())


def nanoseconds(value: float, unit: str) -> float:
    """A time in nanoseconds, its decimal digits moved and not multiplied: 0.0069 s is 6900000.0 ns."""
    return float(Decimal(repr(value)).scaleb(TIME_UNITS[unit]))


def instant_ns(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 date, UTC where it names no zone; None if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000)
