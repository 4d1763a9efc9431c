"""Version 1 of the manifest: tags without a prefix, and no attached files. It is upgraded when it is read."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, WithJsonSchema, model_validator

from obrelease.models import manifest
from obrelease.models.base import Commit, Document, Slug, require_sorted
from obrelease.models.version_tag import TAG_MAX_LENGTH, Tag

_TAG_PATTERN: Final = (
    r"^(v[0-9]+(\.[0-9]+){0,3}|[0-9]+(\.[0-9]+){1,3})"
    r"((a|b|rc)[0-9]+|-[0-9a-z]+([.-][0-9a-z]+)*)?$"
)
"""The tags of version 1: `v` and one to four numbers, or two to four numbers; optionally a pre-release."""


def _is_tag(text: str) -> str:
    if len(text) > TAG_MAX_LENGTH or not re.fullmatch(_TAG_PATTERN, text) or text.endswith(".lock"):
        raise ValueError("is not a tag of version 1")
    return text


TagText = Annotated[
    str,
    AfterValidator(_is_tag),
    WithJsonSchema(
        {"type": "string", "maxLength": TAG_MAX_LENGTH, "pattern": rf"^(?!.*\.lock$){_TAG_PATTERN[1:]}"}
    ),
]


class BundleManifest(Document):
    """`manifest.json`: what a release is made of; its own digest names the whole release."""

    format: Literal["obrelease.manifest"] = "obrelease.manifest"
    version: Literal[1] = 1
    project: Slug
    tag: TagText
    commit: Commit
    prerelease: bool
    runs: tuple[manifest.ReleaseRun, ...]
    bundle: manifest.BundleFile
    members: tuple[manifest.BundleMember, ...]
    assets: tuple[manifest.ReleaseAsset, ...] = ()

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.prerelease != Tag.parse(self.tag).prerelease:
            raise ValueError(f"prerelease is {self.prerelease}, the tag {self.tag} says otherwise")
        require_sorted("members", (member.path for member in self.members))
        require_sorted("assets", (asset.name for asset in self.assets))
        require_sorted("runs", (run.path for run in self.runs))
        return self


def upgraded(old: BundleManifest) -> manifest.BundleManifest:
    """The same release in the terms of the newest version; its stored bytes and their digest stay."""
    facts = {name: getattr(old, name) for name in BundleManifest.model_fields if name != "version"}
    return manifest.BundleManifest(**facts)
