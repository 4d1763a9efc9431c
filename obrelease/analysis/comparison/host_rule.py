"""How runs are known to be of one machine although their files do not describe it.

A rule is `name` (the name of the host), `label:KEY` (the value of a label), or `unnamed`. Of several rules
the first counts for which any run has a value: then all runs must have one and the same. `unnamed` takes runs
that name no host, and have no value for the rules before it, for runs of one machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from obrelease.models.artefact import UNKNOWN, Artefact

NAME: Final = "name"
LABEL_PREFIX: Final = "label:"
UNNAMED: Final = "unnamed"


def same_host_reason(artefacts: Sequence[Artefact], rules: Sequence[str]) -> str | None:
    """Why the runs are taken for runs of one machine, such as `host name lab-7`; None if they are not."""
    for rule in rules:
        if rule == UNNAMED:
            return None if host_names(artefacts) else "no run names its host"
        values = {_value(artefact, rule) for artefact in artefacts}
        if values != {None}:
            return f"{_what(rule)} {next(iter(values))}" if len(values) == 1 else None
    return None


def host_names(artefacts: Sequence[Artefact]) -> tuple[str, ...]:
    """The known names of hosts, sorted."""
    return tuple(sorted({name for each in artefacts if (name := _value(each, NAME)) is not None}))


def _value(artefact: Artefact, rule: str) -> str | None:
    if rule == NAME:
        name = artefact.host.name
        return name if name and name != UNKNOWN else None
    value = artefact.label_values.get(rule.removeprefix(LABEL_PREFIX))
    return None if value is None else str(value)


def _what(rule: str) -> str:
    return "host name" if rule == NAME else f"label {rule.removeprefix(LABEL_PREFIX)}"
