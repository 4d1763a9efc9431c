"""GitHub's documents as releases and assets: every field that is used is checked first."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from obrelease.remote.forge.protocol import Asset, Release
from obrelease.remote.github.client import Ambiguous

Value = TypeVar("Value")
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_CLAIM: Final = re.compile(r"<!-- obrelease ([0-9a-f]{32}) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class Held:
    """A release on GitHub together with the address that its assets are sent to."""

    number: int
    release: Release
    upload_url: str

    def with_assets(self, assets: tuple[Asset, ...]) -> Held:
        """The same release with this list of assets."""
        return replace(self, release=replace(self.release, assets=assets))


def body_of(notes: str, claim: str) -> str:
    """The body of a draft: its notes, and behind them the mark of its run where no reader sees it."""
    return f"{notes}<!-- obrelease {claim} -->" if claim else notes


def held_of(data: Any) -> Held:
    """A release document with the assets that stand in it.

    Raises:
        Ambiguous: a field is missing or is of another type.
    """
    number = _field(data, "id", int)
    draft, body = _field(data, "draft", bool), _text(data, "body")
    mark = _CLAIM.search(body) if draft else None
    return Held(
        number=number,
        release=Release(
            id=str(number),
            tag=_field(data, "tag_name", str),
            title=_text(data, "name"),
            notes=body[: mark.start()] if mark else body,
            draft=draft,
            prerelease=_field(data, "prerelease", bool),
            assets=assets_of(_field(data, "assets", list)),
            url=_field(data, "html_url", str),
            commit=_text(data, "target_commitish"),
            claim=mark[1] if mark else "",
            immutable=data.get("immutable") is True,
        ),
        upload_url=_field(data, "upload_url", str),
    )


def asset_of(data: Any) -> Asset:
    """An asset document. Any state but `uploaded` is an asset that is not whole.

    Raises:
        Ambiguous: a field is missing, of another type, or the digest is not a sha256.
    """
    digest = _text(data, "digest")
    match = _DIGEST.fullmatch(digest)
    if digest and not match:
        raise Ambiguous(f"GitHub gave a digest that is no sha256: {digest[:80]!r}")
    return Asset(
        id=str(_field(data, "id", int)),
        name=_field(data, "name", str),
        size=_field(data, "size", int),
        complete=_field(data, "state", str) == "uploaded",
        sha256=match[1] if match else None,
    )


def assets_of(data: list[Any]) -> tuple[Asset, ...]:
    """Asset documents, sorted by name."""
    return tuple(sorted((asset_of(entry) for entry in data), key=lambda asset: (asset.name, asset.id)))


def tag_of(data: Any) -> str:
    """The tag of a release document, which is all that the search for one needs."""
    return _field(data, "tag_name", str)


def _field(data: Any, key: str, kind: type[Value]) -> Value:
    value = data.get(key) if isinstance(data, dict) else None
    if type(value) is not kind:
        raise Ambiguous(f"GitHub's reply has no proper {key!r}", hint="run the same command again")
    return value


def _text(data: Any, key: str) -> str:
    return "" if not isinstance(data, dict) or data.get(key) is None else _field(data, key, str)
