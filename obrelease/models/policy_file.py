"""The common part of policy files: TOML with a `format` that names the kind of policy.

A release policy lists the checks that a release must pass. A gate policy defines when it became too
slow. Both are passed as `--policy`, so the first line of each names its kind.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal

from obrelease.errors import InvalidInput

RELEASE_POLICY: Final[Literal["obrelease.release-policy"]] = "obrelease.release-policy"
GATE_POLICY: Final[Literal["obrelease.gate-policy"]] = "obrelease.gate-policy"

PolicyFormat = Literal["obrelease.release-policy", "obrelease.gate-policy"]

_KINDS: Final[Mapping[PolicyFormat, tuple[str, str]]] = {
    RELEASE_POLICY: ("a release policy", "`obrelease verify --policy`"),
    GATE_POLICY: ("a gate policy", "`obrelease gate --policy`"),
}


def parse_policy(data: bytes, where: str) -> dict[str, Any]:
    """The TOML document of a policy; its keys are not checked.

    Raises:
        InvalidInput: it is not TOML.
    """
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"{where}: not valid TOML: {error}") from error


def require_policy_format(document: Mapping[str, Any], where: str, wanted: PolicyFormat) -> None:
    """Refuse a policy of the other kind, and a file without a known `format`.

    Raises:
        InvalidInput: `format` is not `wanted`.
    """
    found = document.get("format")
    if found == wanted:
        return
    kind, reader = _KINDS[wanted]
    for other, (name, other_reader) in _KINDS.items():
        if found == other:
            raise InvalidInput(
                f"{where}: $.format: this is {name}, expected {kind}", hint=f"pass it to {other_reader}"
            )
    what = "is missing" if found is None else f"{found!a} is not known"
    raise InvalidInput(
        f"{where}: $.format: {what}", hint=f'{kind} for {reader} starts with format = "{wanted}"'
    )
