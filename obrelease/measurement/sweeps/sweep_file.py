"""The file of a sweep, `sweep.toml`: what is varied, how often it is repeated, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from obrelease.errors import InvalidInput
from obrelease.models.artefact import Name, Scalar, Text
from obrelease.models.base import Document, Slug
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.toml_reader import MAX_TOML_BYTES, read_toml
from obrelease.models.validation import model_errors
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

FORMAT: Final = "obrelease.sweep"
VERSION: Final = 1

MAX_VALUES: Final = 1_000
"""The most values of one parameter."""

DEFAULT_TAKEOVER_S: Final = 120
"""How long a claim of another machine may show no sign of life before its cell is measured again."""

_HINT: Final = "docs/sweeps.md has every key"

Values = Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)]
Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_VALUES)]
Seed = Annotated[int, Field(ge=0, le=2**53 - 1)]
Positive = Annotated[int, Field(ge=1, le=10**9)]
ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
CommandText = Text | tuple[Text, ...]
Order = Literal["abba", "random", "listed"]


class BenchGrid(Document):
    """Runs of the bundled engine: every combination of these.

    Attributes:
        messages: lengths of the flow; the scenario's own if empty.
        passes: timed passes of each run.
    """

    scenarios: Names
    cores: Names = ("auto",)
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=MAX_VALUES)] = (42,)
    messages: Annotated[tuple[Positive, ...], Field(max_length=MAX_VALUES)] = ()
    passes: Annotated[int, Field(ge=1, le=1_000)] = 5


class CommandGrid(Document):
    """A command of `measure`: every combination of its parameters and commits.

    Attributes:
        run, build, environment: may name a parameter as `{name}`.
        format, files, executions: as in `[tool.obrelease.benchmark.NAME]`.
        commits: what is checked out and measured; the work tree if empty.
    """

    run: CommandText
    build: CommandText | None = None
    format: Text | None = None
    files: tuple[Text, ...] = ()
    environment: dict[str, Text] = Field(default_factory=dict)
    executions: Positive | None = None
    parameters: dict[ParameterName, Values] = Field(default_factory=dict, max_length=16)
    commits: Annotated[tuple[Name, ...], Field(max_length=MAX_VALUES)] = ()

    @model_validator(mode="after")
    def _check_parameters(self) -> Self:
        """Refuse a parameter that changes nothing, and the name that stands for the results file."""
        lines = [line for line in (self.run, self.build) if line is not None]
        texts = [text for line in lines for text in ((line,) if isinstance(line, str) else line)]
        places = "\0".join((*texts, *self.environment.values()))
        for name in self.parameters:
            if name == "output":
                raise ValueError("parameters: {output} stands for the results file; choose another name")
            if f"{{{name}}}" not in places:
                raise ValueError(f"parameters: nothing uses {{{name}}}: write it into the command")
        return self


class SweepFile(Document):
    """A sweep as its file describes it.

    Attributes:
        name: of its folder below the results.
        repeats: how often each combination is measured.
        order: `abba` goes through the combinations forwards and backwards in turn, `random` shuffles them in
            each repeat by `seed`, `listed` goes forwards each time.
        takeover_seconds: see `DEFAULT_TAKEOVER_S`.
    """

    format: Literal["obrelease.sweep"]
    version: Literal[1]
    name: Slug
    repeats: Annotated[int, Field(ge=1, le=1_000)] = 1
    order: Order = "abba"
    seed: Seed = 0
    takeover_seconds: Annotated[int, Field(ge=2, le=86_400)] = DEFAULT_TAKEOVER_S
    bench: BenchGrid | None = None
    command: dict[Slug, CommandGrid] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if self.bench is None and not self.command:
            raise ValueError("has neither [bench] nor [command.NAME], so there is nothing to measure")
        return self


def read_sweep_file(path: Path) -> tuple[SweepFile, str]:
    """Read a sweep file; returns it with its sha256.

    Raises:
        NotFound: there is no such file.
        InvalidInput: too large, not TOML, of another format or version, or a key that is unknown, missing
            or out of range.
    """
    data = read_bounded(path, MAX_TOML_BYTES)
    document = read_toml(data, str(path))
    if document.get("format") != FORMAT:
        raise InvalidInput(f"{path}: is not a sweep file", hint=f'it starts with format = "{FORMAT}"')
    if document.get("version") != VERSION:
        raise InvalidInput(
            f"{path}: version {document.get('version')!a} of the format is not known",
            hint=f"this obrelease reads version {VERSION}",
        )
    try:
        values = canonical_bytes(document)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", hint=_HINT) from error
    with model_errors(str(path), hint=_HINT):
        return SweepFile.model_validate_json(values), digest_bytes(data)
