"""The pattern of a project's tags in its settings: literal text around `{version}`."""

from __future__ import annotations

from typing import Final

from obrelease.errors import UsageError
from obrelease.models.version_tag import Tag

VERSION_FIELD: Final = "{version}"
_EXAMPLE_VERSION: Final = "1.2.3"


def checked_tag_pattern(pattern: str) -> str:
    """Return a pattern that gives tags, such as `v{version}`, `pkg/v{version}` or `{version}`.

    Raises:
        UsageError: it does not end with one `{version}`, or gives no tags.
    """
    hint = "write literal text and then {version}, as in v{version} or pkg/v{version}"
    if pattern.count(VERSION_FIELD) != 1 or not pattern.endswith(VERSION_FIELD):
        raise UsageError(f"the tag pattern {pattern[:100]!a} does not end with one {{version}}", hint=hint)
    try:
        Tag.parse(pattern.replace(VERSION_FIELD, _EXAMPLE_VERSION))
    except UsageError as error:
        raise UsageError(
            f"the tag pattern {pattern[:100]!a} gives no tags: {error.message}", hint=hint
        ) from error
    return pattern


def matches_pattern(tag: Tag, pattern: str | None) -> bool:
    """Whether a tag is of a pattern; every tag is if there is none."""
    if pattern is None:
        return True
    literal = pattern.removesuffix(VERSION_FIELD)
    rest = tag.text.removeprefix(literal)
    return tag.text.startswith(literal) and rest[:1].isdigit() and _has_same_prefix(tag, literal)


def require_pattern(tag: Tag, pattern: str | None) -> Tag:
    """Return a tag of the project's pattern.

    Raises:
        UsageError: it is of another one; the message has the pattern.
    """
    if not matches_pattern(tag, pattern):
        raise UsageError(
            f"the tag {tag} does not match the pattern {pattern} of this project",
            hint=f"use a tag such as {str(pattern).replace(VERSION_FIELD, _EXAMPLE_VERSION)}, "
            "or change `tag` in [tool.obrelease]",
        )
    return tag


def _has_same_prefix(tag: Tag, literal: str) -> bool:
    return tag.prefix == Tag.parse(f"{literal}{_EXAMPLE_VERSION}").prefix
