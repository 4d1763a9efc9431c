"""The table of all kinds of run, and what is done with each by asking it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from obrelease.analysis.kinds.architectures.kind import ARCHITECTURES
from obrelease.analysis.kinds.imported import IMPORTED
from obrelease.analysis.kinds.profile.kind import PROFILE
from obrelease.analysis.kinds.run_kind import RunContent, RunKind, Variants, read_content
from obrelease.analysis.kinds.stress.kind import STRESS
from obrelease.analysis.kinds.timed_passes.kind import BENCH, REPLAY
from obrelease.models.artefact import Artefact
from obrelease.models.artefact_format import PROGRAM
from obrelease.storage.durable import NewFile
from obrelease.version import VERSION

KINDS: Final = (BENCH, STRESS, ARCHITECTURES, REPLAY, PROFILE, IMPORTED)
"""Every kind that an envelope can name."""


def kind_of(artefact: Artefact) -> RunKind:
    """The kind of a run."""
    return kind_named(artefact.kind)


def kind_named(name: str) -> RunKind:
    """The kind of this name; one without tables, rules and plots if it is not in the table."""
    return next((kind for kind in KINDS if kind.name == name), RunKind(name))


def is_of_this_program(artefact: Artefact) -> bool:
    """Whether this program, in any version, says that it measured the run."""
    return artefact.producer.name == PROGRAM


def is_of_this_version(artefact: Artefact) -> bool:
    """Whether the installed version of this program says that it measured the run."""
    return is_of_this_program(artefact) and artefact.producer.version == VERSION


def command_of(artefact: Artefact) -> tuple[str, ...] | None:
    """The command that measures a run of this program again, derived from its parameters.

    None if it cannot be derived, or if another program measured the run.
    """
    derived = kind_of(artefact).commands(artefact) if is_of_this_program(artefact) else ()
    if artefact.command in derived:
        return artefact.command
    return derived[0] if derived else None


def derived_files(content: RunContent, *, pictures: bool = True) -> tuple[NewFile, ...]:
    """The tables and plots of a run, as they are recorded.

    Args:
        pictures: False leaves the plots out; `api.plot_run` draws them when they are wanted.

    Raises:
        InvalidInput: the run lacks what a table is made of.
    """
    kind = kind_of(content.artefact)
    return (
        *(NewFile(table.path, "text/csv", table.derive(content)) for table in kind.derived_tables),
        *(
            NewFile(path, "image/svg+xml", svg)
            for path, svg in (kind.plots(content) if pictures else {}).items()
        ),
    )


def variants_of(artefact: Artefact, folder: Path) -> Variants | None:
    """The ways in which a run did its work, one row for each; None for kinds without any.

    Raises:
        NotFound, StorageError: a file of the run cannot be read.
        InvalidInput: the envelope lacks what a row is made of.
    """
    variants = kind_of(artefact).variants
    return variants(read_content(artefact, folder)) if variants else None
