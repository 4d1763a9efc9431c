"""Tags of releases: allowed spellings, their versions and their order.

A tag is an optional prefix and a version: `v1.2.3`, `pkg/v1.2.3`, `name-v1.2`, `pkg@1.2.3`. Versions may be
spelled as in SemVer 2.0.0, in PEP 440, in Maven, or as a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Annotated, Final, NoReturn, Self

from pydantic import AfterValidator, WithJsonSchema

from obrelease.errors import UsageError

TAG_MAX_LENGTH: Final = 100

_PREFIX: Final = r"(?!refs/)@?[A-Za-z0-9][A-Za-z0-9_]*([./@-][A-Za-z0-9][A-Za-z0-9_]*)*[/_@-]"
_NUMBERS: Final = r"[0-9]+(\.[0-9]+){0,3}"
_SEVERAL_NUMBERS: Final = r"[0-9]+(\.[0-9]+){1,3}"
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PEP_440: Final = r"(a|b|c|rc|alpha|beta|pre|preview|dev|post)\.?[0-9]*"
_SUFFIX: Final = (
    rf"({_PEP_440}|[.][A-Za-z]+[0-9]*|-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?"
    r"([.](post|dev)[0-9]*){0,2}(\+[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?"
)
TAG_PATTERN: Final = rf"^({_PREFIX})?(v{_NUMBERS}|{_SEVERAL_NUMBERS}|{_DATE}){_SUFFIX}$"
"""All allowed tags, as a regular expression that Python, Rust and ECMAScript share.

The version is `v` and one to four numbers, two to four numbers without `v` (one number could be the prefix
of a commit), or a date. A suffix is a pre-release, a post-release or build metadata.
"""

TAG_SCHEMA_PATTERN: Final = rf"^(?=.{{1,{TAG_MAX_LENGTH}}}$)(?!.*\.lock(/|$)){TAG_PATTERN[1:]}"
"""The same without names that are too long or that git refuses, for the exported schemas."""

_VERSION: Final = re.compile(rf"(?P<numbers>v{_NUMBERS}|{_DATE}|{_SEVERAL_NUMBERS})(?P<suffix>{_SUFFIX})")
_PREFIX_ENDS: Final = re.compile(r"[/_@-]")
_PART: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_AFTER_RELEASE: Final = re.compile(r"(?:[.-]?post|\+)", re.IGNORECASE)
_POST: Final = re.compile(r"[.-]?post\.?([0-9]*)", re.IGNORECASE)
_DEV: Final = re.compile(r"\.?dev\.?([0-9]*)$", re.IGNORECASE)
_FINAL_WORDS: Final = frozenset({"", ".final", ".ga", ".release", "-final", "-ga", "-release"})
_MAX_SHOWN_LENGTH: Final = 40
_NO_NUMBER: Final = -1
_NO_DEV: Final = 2**63

_Part = tuple[int, int, str]
TagOrder = tuple[tuple[int, ...], int, tuple[_Part, ...], int, int, str]
"""What tags are sorted by: a key, because it takes longer to make than to compare."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that passed the allow-list; build it with `Tag.parse`.

    Attributes:
        text: the original spelling.
        prerelease: True for a version before its release: alpha, beta, rc, dev, SNAPSHOT and the like. Build
            metadata and a post-release are none.
        prefix: what is before the version, such as `pkg/`; tags of one prefix are one series.
    """

    text: str
    prerelease: bool
    prefix: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept or refuse a tag, before it is passed to git or a forge.

        Raises:
            UsageError: the text does not match `TAG_PATTERN`, or git or a file system
                would refuse it.
        """
        if len(text) > TAG_MAX_LENGTH:
            _refuse(text, f"is longer than {TAG_MAX_LENGTH} characters")
        if not text.isascii() or (start := _version_start(text)) is None:
            _refuse(text, "is not a version, with or without a prefix")
        if any(part.endswith(".lock") for part in text.split("/")):
            _refuse(text, "ends in '.lock', which git refuses")
        suffix = _split(text[start:])[1]
        return cls(text, _is_prerelease(suffix), text[:start])

    @property
    def version(self) -> str:
        """The tag without its prefix: the part that differs from release to release."""
        return self.text[len(self.prefix) :]

    @property
    def file_stem(self) -> str:
        """The version as a part of file names: `+` becomes `_`."""
        return self.version.replace("+", "_")

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: Tag) -> bool:
        return self.order < other.order

    @property
    def order(self) -> TagOrder:
        """The order of SemVer 2.0.0 section 11 and of PEP 440, but v1 equals v1.0 and rc9 is lower than rc10.

        Words are compared without their case. The spelling is compared last, so that only equal texts are
        equal.
        """
        numbers_text, suffix = _split(self.version)
        numbers = [int(number) for number in re.split(r"[.-]", numbers_text.removeprefix("v"))]
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        public = suffix.partition("+")[0]
        development = _DEV.search(public)
        public = public[: development.start()] if development else public
        post = _POST.search(public)
        public = public[: post.start()] if post else public
        parts = () if public.lower() in _FINAL_WORDS else _identifiers(public)
        phase = 1 if parts else 3 if post else 0 if development else 2
        return (
            tuple(numbers),
            phase,
            parts,
            int(post[1] or 0) if post else _NO_NUMBER,
            int(development[1] or 0) if development else _NO_DEV,
            self.text,
        )


def _version_start(text: str) -> int | None:
    """Where the version begins: as early as possible, so that `v1.0-rc-2.1` has no prefix."""
    starts = (0, *(separator.end() for separator in _PREFIX_ENDS.finditer(text)))
    for start in starts:
        if _VERSION.fullmatch(text, start) and (start == 0 or re.fullmatch(_PREFIX, text[:start])):
            return start
    return None


def _split(version: str) -> tuple[str, str]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise AssertionError("a parsed tag has a version")
    return found["numbers"], found["suffix"]


def _is_prerelease(suffix: str) -> bool:
    public = suffix.partition("+")[0]
    if public.lower() in _FINAL_WORDS:
        return False
    return _DEV.search(public) is not None or _AFTER_RELEASE.match(public) is None


def _identifiers(suffix: str) -> tuple[_Part, ...]:
    """`-rc.10` and `rc10` both as (rc, 10); numbers are lower than words, as in SemVer."""
    runs = _PART.findall(suffix)
    return tuple((0, int(run), "") if run.isdigit() else (1, 0, run.lower()) for run in runs)


def _refuse(text: str, reason: str) -> NoReturn:
    shown = ascii(text if len(text) <= _MAX_SHOWN_LENGTH else text[:_MAX_SHOWN_LENGTH] + "...")
    raise UsageError(
        f"tag {shown} {reason}", hint="use a tag such as v1.2.3, v1.2.3-rc.1, v0.9-beta or pkg/v1.2.3"
    )


def _is_tag(text: str) -> str:
    try:
        Tag.parse(text)
    except UsageError as error:
        raise ValueError(error.message) from error
    return text


TagText = Annotated[
    str,
    AfterValidator(_is_tag),
    WithJsonSchema({"type": "string", "maxLength": TAG_MAX_LENGTH, "pattern": TAG_SCHEMA_PATTERN}),
]
"""A tag in a document, with the same allowed spellings."""
