"""Identities of metrics and histograms: stable ids that are made of the tool's own name.

An id depends on nothing but the name and the parameters: not on the order of a file, and not on other names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from json.encoder import encode_basestring as _json_text
from typing import Final

from obrelease.models.canonical_json import canonical_bytes
from obrelease.storage.hashing import digest_bytes

_MAX_SLUG: Final = 64
_REMEMBERED: Final = 4_096
"""Ids of names that are kept: the runs of a registry have the same metrics."""

_ID_DIGITS: Final = 12
"""Hex digits of an id: two of 10,000 names of one slug get one id with a probability of 2 in 10 million."""

_MAX_STEM: Final = _MAX_SLUG - _ID_DIGITS - 1
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION_1_STEM: Final = 58
"""How much of a slug version 1 kept before the number of a name that was taken."""

_VERSION_1_TAG: Final = 59
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NO_SLUG: Final = re.compile(r"[^a-z0-9._-]+")
UNTAGGED: Final = "latency"
"""The name that is shown for a histogram without a tag."""


def slug(text: str) -> str:
    """A folder-safe name made of any text: lower case, other characters as `-`, at most 64."""
    return _NO_SLUG.sub("-", text.lower()).strip("-._")[:_MAX_SLUG].rstrip(".") or "unnamed"


def metric_id(name: str, parameters: Mapping[str, bool | float | str]) -> str:
    """The id of a metric: its name where that is a slug and there are no parameters.

    Otherwise the slug of the name, and 12 hex digits of the sha256 over the RFC 8785 text of
    `{"name": name, "parameters": parameters}`.
    """
    return _identity(name, parameters, slug(name)) if parameters else _id_of_name(name)


@lru_cache(maxsize=_REMEMBERED)
def _id_of_name(name: str) -> str:
    return _identity(name, {}, slug(name))


def histogram_id(tag: str) -> str:
    """The id of a histogram, by the rule of `metric_id`; `latency-` and digits for an empty tag."""
    return _identity(tag, {}, slug(tag) if tag else UNTAGGED)


def histogram_path(identity: str) -> str:
    """The file of a histogram in the folder of a run, safe on every file system."""
    return f"latency-{identity}.hlog"


def _identity_text(name: str, parameters: Mapping[str, bool | float | str]) -> bytes:
    """The RFC 8785 text of a name and its parameters; without parameters it is composed, ten times faster."""
    if not parameters and not _LONE_SURROGATE.search(name):
        return f'{{"name":{_json_text(name)},"parameters":{{}}}}'.encode()
    return canonical_bytes({"name": name, "parameters": dict(parameters)})


def _identity(name: str, parameters: Mapping[str, bool | float | str], stem: str) -> str:
    if not parameters and _SLUG.fullmatch(name):
        return name
    digest = digest_bytes(_identity_text(name, parameters))
    return f"{stem[:_MAX_STEM].rstrip('-._')}-{digest[:_ID_DIGITS]}"


def name_matches(name: str, pattern: str) -> bool:
    """Whether a name is the pattern itself, or matches it as a shell pattern; case counts.

    A name such as `test[<]` is found by itself, although `[<]` in a pattern is a class of characters.
    """
    return name == pattern or fnmatchcase(name, pattern)


def version_1_slug(name: str) -> str:
    """The name that a metric had in version 1 of the format, unless another had taken it."""
    return slug(name)


def version_1_histogram_name(tag: str) -> str:
    """The name that a histogram of an HdrHistogram log had in version 1."""
    return f"{UNTAGGED}-{slug(tag)}"[:_VERSION_1_TAG] if tag else UNTAGGED


def match_version_1(version_1: Collection[str], names: Mapping[str, str]) -> dict[str, str]:
    """Metrics of a version 1 run and the same metrics of a version 2 run, where only one pair is possible.

    Version 1 kept slugs, and numbered the second of two equal slugs in the order of the file. So a name
    is left out if two names of the version 2 run have its slug, or if the version 1 run has a numbered
    name that no slug of the version 2 run explains.

    Args:
        version_1: the names in the version 1 run.
        names: the true names in the version 2 run, by id.

    Returns:
        Ids of the version 2 run by names of the version 1 run.
    """
    ids_by_slug: dict[str, list[str]] = {}
    for identity, name in names.items():
        ids_by_slug.setdefault(version_1_slug(name), []).append(identity)
    numbered = {_without_number(name) for name in version_1 if name not in ids_by_slug}
    return {
        name: ids_by_slug[name][0]
        for name in version_1
        if len(ids_by_slug.get(name, ())) == 1 and name[:_VERSION_1_STEM] not in numbered
    }


def _without_number(name: str) -> str:
    return re.sub(r"-[0-9]+\Z", "", name)
