"""The plan of a sweep: a file of cells with keys, the same bytes for the same sweep file."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from obrelease.errors import InvalidInput, NotFound
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.expand import ResolvedNames, expand
from obrelease.measurement.sweeps.sweep_file import SweepFile
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.models.artefact import Name
from obrelease.models.base import Commit, Digest, Document, Slug
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict
from obrelease.models.validation import model_errors
from obrelease.storage.durable import replace_file
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

FORMAT: Final = "obrelease.sweep-plan"


class SweepPlan(Document):
    """What a sweep measures, in the order of measurement.

    Attributes:
        file_digest: sha256 of the sweep file.
        cores, commits: what the names in the sweep file stood for.
        takeover_seconds: see `sweep_file.DEFAULT_TAKEOVER_S`.
    """

    format: Literal["obrelease.sweep-plan"] = "obrelease.sweep-plan"
    version: Literal[1] = 1
    name: Slug
    file_digest: Digest
    cores: dict[Name, Name] = Field(default_factory=dict)
    commits: dict[Name, Commit] = Field(default_factory=dict)
    takeover_seconds: int
    cells: tuple[Cell, ...]

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if len({cell.key for cell in self.cells}) != len(self.cells):
            raise ValueError("cells: a key is used twice")
        return self


def make_plan(file: SweepFile, file_digest: str, names: ResolvedNames) -> SweepPlan:
    """The plan of a sweep file; raises as `expand`."""
    return SweepPlan(
        name=file.name,
        file_digest=file_digest,
        cores=dict(names.cores),
        commits=dict(names.commits),
        takeover_seconds=file.takeover_seconds,
        cells=expand(file, names),
    )


def plan_bytes(plan: SweepPlan) -> bytes:
    """The canonical bytes of a plan."""
    return canonical_bytes(plan.model_dump(mode="json"))


def write_plan(folder: SweepFolder, plan: SweepPlan) -> None:
    """Write the plan, or replace an older one: what was measured for it keeps its place.

    Raises:
        StorageError: the disk refused.
        InvalidInput: the plan is larger than a document may be.
    """
    replace_file(folder.plan, plan_bytes(plan))


def read_plan(folder: SweepFolder) -> tuple[SweepPlan, str]:
    """The plan of a sweep, with the sha256 of its file.

    Raises:
        NotFound: the sweep was not planned.
        InvalidInput: the file is not a plan.
    """
    try:
        data = read_bounded(folder.plan)
    except NotFound as error:
        raise NotFound(f"{folder.plan}: the sweep is not planned", hint="obrelease sweep plan") from error
    where = str(folder.plan)
    parse_strict(data, where)
    with model_errors(where, hint="`obrelease sweep plan` writes it again"):
        return SweepPlan.model_validate_json(data), digest_bytes(data)


def require_same_plan(plan: SweepPlan, file: SweepFile, file_digest: str) -> None:
    """Require that a plan is what the sweep file gives: a results folder can come from elsewhere.

    Raises:
        InvalidInput: the file was changed since, or the plan was.
    """
    try:
        same = plan == make_plan(file, file_digest, ResolvedNames(plan.cores, plan.commits))
    except (InvalidInput, KeyError):
        same = False
    if not same:
        raise InvalidInput(
            f"the plan of {plan.name!r} is not what its sweep file gives",
            hint="`obrelease sweep plan` plans again; cells that stay the same keep their runs",
        )
