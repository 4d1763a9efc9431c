"""The cells of a sweep: one measurement each, with a key that only depends on what is measured."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator

from obrelease.measurement.sweeps.sweep_file import CommandText, ParameterName
from obrelease.models.artefact import Name, Scalar, Text
from obrelease.models.base import Commit, Document, Slug, Uint64
from obrelease.models.canonical_json import canonical_bytes
from obrelease.storage.hashing import digest_bytes

KEY_DIGITS: Final = 32

CellKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""The first half of a sha256 in lower-case hex."""


class BenchWork(Document):
    """A run of the bundled engine; `messages` is None for the scenario's own length."""

    scenario: Name
    core: Name
    seed: Uint64
    passes: int
    messages: int | None = None


class CommandWork(Document):
    """A command, with the values of its parameters filled in.

    Attributes:
        name: of the command in the sweep file.
        commit: what is checked out for it; None for the work tree.
    """

    name: Slug
    run: CommandText
    build: CommandText | None = None
    format: Text | None = None
    files: tuple[Text, ...] = ()
    environment: dict[str, Text] = Field(default_factory=dict)
    executions: int | None = None
    commit: Commit | None = None


class Cell(Document):
    """One measurement of a sweep.

    Attributes:
        key: of `work` and `repeat`; the same in every plan that has this measurement.
        subject: what is measured: `bench`, or the name of the command. Cells of two subjects are never in one
            figure.
        point: the value of each parameter.
        repeat: counted from 1.
    """

    key: CellKey
    subject: Slug
    point: dict[ParameterName, Scalar]
    repeat: Annotated[int, Field(ge=1)]
    work: BenchWork | CommandWork

    @model_validator(mode="after")
    def _check_key(self) -> Self:
        """Refuse a key that belongs to another measurement."""
        if self.key != (expected := cell_key(self.work, self.repeat)):
            raise ValueError(f"key: is {self.key}, the work and the repeat give {expected}")
        return self


def make_cell(subject: str, point: dict[str, Any], work: BenchWork | CommandWork, repeat: int) -> Cell:
    """A cell with its key."""
    return Cell(key=cell_key(work, repeat), subject=subject, point=point, repeat=repeat, work=work)


def cell_key(work: BenchWork | CommandWork, repeat: int) -> str:
    """The key of a measurement: a digest of what is measured and of the number of the repeat."""
    identity = {"repeat": repeat, "work": work.model_dump(mode="json")}
    return digest_bytes(canonical_bytes(identity))[:KEY_DIGITS]
