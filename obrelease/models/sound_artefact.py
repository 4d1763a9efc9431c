"""Artefacts with nothing wrong, recognised without building their model: for folders by the thousand.

What is recognised has nothing that `models.validation.check_document` reports: what the exported schema and
`artefact_rules` accept, the model accepts, which a test shows with documents with every kind of fault.
What is not recognised need not be wrong; `check_document` decides, and says what is wrong.
"""

from __future__ import annotations

from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models import artefact_rules as rules
from obrelease.models.artefact_format import (
    ARTEFACT_VERSION,
    COMMANDS_WITH_ORIGINALS,
    ENVELOPE_NAME,
    PROGRAM,
)
from obrelease.models.packaged_schemas import fast_validator
from obrelease.models.strict_json import parse_and_compare

_SCHEMA: Final = f"artefact.v{ARTEFACT_VERSION}.schema.json"


def sound_artefact(data: bytes) -> dict[str, Any] | None:
    """The JSON value of an envelope of the newest version that breaks no rule; None if it may break one."""
    try:
        value, is_canonical = parse_and_compare(data, ENVELOPE_NAME)
        if not is_canonical or not fast_validator(_SCHEMA).is_valid(value):
            return None
        _check_rules(value)
    except (InvalidInput, ValueError):
        return None
    sound: dict[str, Any] = value
    return sound


def has_derived_numbers(value: dict[str, Any]) -> bool:
    """Whether numbers of a sound artefact are derived from others: own runs, originals, histograms."""
    return bool(
        value["producer"]["name"] == PROGRAM
        or tuple(value["command"][:2]) in COMMANDS_WITH_ORIGINALS
        or value.get("histograms")
    )


def _check_rules(value: dict[str, Any]) -> None:
    """Check a value that the schema accepts; raises `ValueError`."""
    metrics, histograms = value.get("metrics", ()), value.get("histograms", ())
    pairs: list[tuple[str, str | None]] = []
    for metric in metrics:
        get, identity = metric.get, metric["id"]
        histogram = get("histogram")
        pairs.append((identity, histogram))
        rules.check_metric(
            identity, metric["name"], get("parameters", {}), get("samples"), get("summary"), histogram
        )
    for each in histograms:
        rules.check_histogram(each["id"], each["tag"])
    rules.check_ids(pairs, [each["id"] for each in histograms])
    if files := value.get("files"):
        rules.check_file_paths([file["path"] for file in files], ENVELOPE_NAME)
