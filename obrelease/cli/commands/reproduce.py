"""`obrelease reproduce`: a run made again from its own artefact."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import CORES, runs, words
from obrelease.cli.console.open_registry import registry_of
from obrelease.errors import NotReproduced

if TYPE_CHECKING:
    from obrelease.recorder.reproduce import Difference, Reproduction
    from obrelease.registry.entry import Entry


@command("reproduce")
def reproduce(
    session: Session,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="A digest, its beginning, a pinned name, or `latest`.",
            autocompletion=runs,
        ),
    ],
    core: Annotated[
        str | None,
        typer.Option(
            "--core",
            metavar="NAME",
            help="reference, native or auto. Default: the core of the run.",
            autocompletion=words(*CORES),
        ),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="The data file that a replay read.")
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Repeat a run and require the same events.

    Everything is read from its artefact; exit code 10 where they differ.
    """
    from obrelease.recorder.reproduce import reproduce as make_again

    registry = registry_of(session.settings(results=results), must_exist=True)
    entry = registry.resolve(digest)
    made = make_again(registry, entry, core=core, trace=trace)
    session.out.result(_told(entry, made), lambda: _text(entry, made))
    if not made.reproduced:
        raise NotReproduced(
            f"run {entry.digest[:12]} is not reproduced on the {made.core} core",
            hint="try the other core by --core; where both agree, the artefact is not what it says",
        )


def _told(entry: Entry, made: Reproduction) -> dict[str, Any]:
    return {
        "run": entry.as_json(),
        "reproduced": made.reproduced,
        "core": made.core,
        "recorded_core": made.recorded_core,
        "messages": made.messages,
        "recorded": {
            "events": made.expected.events,
            "events_digest": made.expected.events_digest,
            "state_digest": made.expected.state_digest,
        },
        "found": {
            "events": made.events,
            "events_digest": made.events_digest,
            "state_digest": made.state_digest,
        },
        "difference": None if made.difference is None else asdict(made.difference),
    }


def _text(entry: Entry, made: Reproduction) -> str:
    then = made.expected
    then_core = f"{made.recorded_core} core" if made.recorded_core else "no single core"
    lines = [
        f"run       {entry.digest}",
        f"workload  {made.messages:,} messages, the same commands as then",
        f"recorded  {then.events:,} events, {then.events_digest}, {then_core}",
        f"found     {made.events:,} events, {made.events_digest}, {made.core} core",
    ]
    if made.reproduced:
        lines.append("reproduced: every event and the final state are those that were recorded")
    elif made.difference is None:
        lines.append(
            f"the events agree, the final state does not: {then.state_digest} then, {made.state_digest} now"
        )
    else:
        lines += _difference(made.difference)
    return "\n".join(lines)


def _difference(found: Difference) -> list[str]:
    lines = [f"compared with {found.other}"]
    if found.first_sequence == found.last_sequence >= 0:
        lines += [
            f"first difference at event {found.first_sequence}",
            f"  then  {found.expected or 'no event'}",
            f"  now   {found.found or 'no event'}",
        ]
    elif found.first_sequence >= 0:
        lines += [
            f"first difference between event {found.first_sequence} and event {found.last_sequence}",
            f"  now, event {found.first_sequence}: {found.found or 'no event'}",
        ]
    if found.command is not None:
        lines.append(f"  by command {found.command}")
    return lines
