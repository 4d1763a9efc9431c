"""Parses GitHub's documents into releases and assets; every used field is checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from obrelease.remote.forge.protocol import Asset, Release
from obrelease.remote.github.client import AmbiguousResponse

Value = TypeVar("Value")
_OBJECT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_CLAIM: Final = re.compile(r"<!-- obrelease ([0-9a-f]{32}) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class GitHubRelease:
    """A release on GitHub, with its number and the address for uploads."""

    number: int
    release: Release
    upload_url: str

    def with_assets(self, assets: tuple[Asset, ...]) -> GitHubRelease:
        """The same release with this list of assets."""
        return replace(self, release=replace(self.release, assets=assets))


def release_body(notes: str, claim: str) -> str:
    """The body of a draft: its notes, followed by its claim in an invisible comment."""
    return f"{notes}<!-- obrelease {claim} -->" if claim else notes


def parse_release(data: Any) -> GitHubRelease:
    """Parse a release document with its assets.

    Raises:
        AmbiguousResponse: a field is missing or of another type.
    """
    number = _field(data, "id", int)
    draft, body = _field(data, "draft", bool), _text(data, "body")
    claim = _CLAIM.search(body) if draft else None
    return GitHubRelease(
        number=number,
        release=Release(
            id=str(number),
            tag=_field(data, "tag_name", str),
            title=_text(data, "name"),
            notes=body[: claim.start()] if claim else body,
            draft=draft,
            prerelease=_field(data, "prerelease", bool),
            assets=parse_assets(_field(data, "assets", list)),
            url=_field(data, "html_url", str),
            commit=_text(data, "target_commitish"),
            claim=claim[1] if claim else "",
            immutable=data.get("immutable") is True,
        ),
        upload_url=_field(data, "upload_url", str),
    )


def parse_asset(data: Any) -> Asset:
    """Parse an asset document; every state but `uploaded` means incomplete.

    Raises:
        AmbiguousResponse: a field is missing or of another type, or the digest is not a sha256.
    """
    digest = _text(data, "digest")
    match = _DIGEST.fullmatch(digest)
    if digest and not match:
        raise AmbiguousResponse(f"GitHub's digest is not a sha256: {digest[:80]!r}")
    return Asset(
        id=str(_field(data, "id", int)),
        name=_field(data, "name", str),
        size=_field(data, "size", int),
        complete=_field(data, "state", str) == "uploaded",
        sha256=match[1] if match else None,
    )


def parse_assets(data: list[Any]) -> tuple[Asset, ...]:
    """Parse asset documents; sorted by name."""
    return tuple(sorted((parse_asset(entry) for entry in data), key=lambda asset: (asset.name, asset.id)))


def parse_tag(data: Any) -> str:
    """Only the tag of a release document."""
    return _field(data, "tag_name", str)


def parse_ref(data: Any, ref: str) -> str | None:
    """The object ID of a ref document; None if it is about another ref.

    Raises:
        AmbiguousResponse: a field is missing or of another type.
    """
    object_id = _field(_field(data, "object", dict), "sha", str)
    if not _OBJECT.fullmatch(object_id):
        raise AmbiguousResponse(f"GitHub's object ID of {ref} is not one: {object_id[:80]!r}")
    return object_id if _field(data, "ref", str) == ref else None


def _field(data: Any, key: str, kind: type[Value]) -> Value:
    value = data.get(key) if isinstance(data, dict) else None
    if type(value) is not kind:
        raise AmbiguousResponse(f"GitHub's response has no valid {key!r}", hint="run the same command again")
    return value


def _text(data: Any, key: str) -> str:
    return "" if not isinstance(data, dict) or data.get(key) is None else _field(data, key, str)
