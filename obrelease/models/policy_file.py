"""A policy file before its keys are read: TOML, and of which of the two kinds.

A release policy says what a release must prove, a gate policy when it became too slow. Both are
called policies and are handed over by `--policy`, so each says in its first line which one it is.
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
    """The TOML document of a policy; its keys are not looked at.

    Raises:
        InvalidInput: it is not TOML.
    """
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"{where}: not valid TOML: {error}") from error


def require_policy_format(document: Mapping[str, Any], where: str, wanted: PolicyFormat) -> None:
    """Refuse a policy of the other kind, and a file that does not say of which it is.

    Raises:
        InvalidInput: `format` is not the wanted one.
    """
    found = document.get("format")
    if found == wanted:
        return
    kind, reader = _KINDS[wanted]
    for other, (name, other_reader) in _KINDS.items():
        if found == other:
            raise InvalidInput(
                f"{where}: $.format: this is {name}, {kind} is wanted here", hint=f"{other_reader} reads it"
            )
    what = "is missing" if found is None else f"{found!a} is not known"
    raise InvalidInput(
        f"{where}: $.format: {what}", hint=f'{kind}, which {reader} reads, begins with format = "{wanted}"'
    )
