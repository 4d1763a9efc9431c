"""The loader of policy files: TOML of one of two kinds, refused as a whole if one key is wrong.

A release policy lists the checks that a release must pass. A gate policy defines when a run is too
slow. Both are passed as `--policy`, so the first line of each names its format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from obrelease.errors import InvalidInput
from obrelease.models.base import Document
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.toml_reader import MAX_TOML_BYTES, read_toml
from obrelease.models.validation import model_errors

P = TypeVar("P", bound=Document)

MAX_POLICY_BYTES: Final = MAX_TOML_BYTES


@dataclass(frozen=True, slots=True)
class PolicyFormat:
    """A kind of policy file.

    Attributes:
        format, version: the values of its first two keys.
        kind: with its article, for messages.
        reader: the command that reads it.
    """

    format: str
    version: int
    kind: str
    reader: str


RELEASE_POLICY: Final = PolicyFormat(
    "obrelease.release-policy", 1, "a release policy", "`obrelease verify --policy`"
)
GATE_POLICY: Final = PolicyFormat("obrelease.gate-policy", 1, "a gate policy", "`obrelease gate --policy`")


def load_policy(data: bytes, where: str, wanted: PolicyFormat, model: type[P], *, hint: str) -> P:
    """Load a policy file.

    Args:
        where: its name in errors.
        hint: where the keys of this kind are documented.

    Raises:
        InvalidInput: too large, not TOML, of another format or version, a key that is unknown or
            missing, or a value out of its range.
    """
    document = read_toml(data, where)
    return validate_policy(document, where, wanted, model, hint=hint)


def validate_policy(
    document: Mapping[str, Any], where: str, wanted: PolicyFormat, model: type[P], *, hint: str
) -> P:
    """The policy in a parsed document; raises `InvalidInput` as `load_policy`."""
    _require_format(document, where, wanted)
    if document.get("version") != wanted.version:
        raise InvalidInput(
            f"{where}: version {document.get('version')!a} of the policy format is not known",
            hint=f"this obrelease reads version {wanted.version}",
        )
    try:
        data = canonical_bytes(dict(document))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error.message}") from error
    with model_errors(where, hint=hint):
        return model.model_validate_json(data)


def _require_format(document: Mapping[str, Any], where: str, wanted: PolicyFormat) -> None:
    found = document.get("format")
    if found == wanted.format:
        return
    for other in (RELEASE_POLICY, GATE_POLICY):
        if found == other.format:
            raise InvalidInput(
                f"{where}: $.format: this is {other.kind}, expected {wanted.kind}",
                hint=f"pass it to {other.reader}",
            )
    reason = "is missing" if found is None else f"{found!a} is not known"
    raise InvalidInput(
        f"{where}: $.format: {reason}",
        hint=f'{wanted.kind} for {wanted.reader} starts with format = "{wanted.format}"',
    )
