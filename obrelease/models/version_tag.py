"""Tags of releases: allowed spellings and their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Annotated, Final, NoReturn

from pydantic import AfterValidator, WithJsonSchema

from obrelease.errors import UsageError

TAG_MAX_LENGTH: Final = 100
TAG_PATTERN: Final = (
    r"^(v[0-9]+(\.[0-9]+){0,3}|[0-9]+(\.[0-9]+){1,3})"
    r"((a|b|rc)[0-9]+|-[0-9a-z]+([.-][0-9a-z]+)*)?$"
)
"""All allowed tags, as a regular expression that Python, Rust and ECMAScript share.

`v` and one to four numbers, or two to four numbers without `v` (one number could be the prefix of a
commit). Optionally a pre-release as in SemVer (`-rc.1`, `-beta`) or PEP 440 (`rc1`). Only lower case,
so that two tags are never one file on a case-insensitive disk.
"""

TAG_SCHEMA_PATTERN: Final = rf"^(?!.*\.lock$){TAG_PATTERN[1:]}"
"""The same without names that git refuses, for the exported schemas."""

_NUMBERS_END: Final = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)")
_MAX_SHOWN_LENGTH: Final = 40

_Part = tuple[int, int, str]


@total_ordering
@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that passed the allow-list; build it with `Tag.parse`.

    Attributes:
        text: the original spelling.
        prerelease: True if anything follows the numbers.
    """

    text: str
    prerelease: bool

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Accept or refuse a tag, before it is passed to git or a forge.

        Raises:
            UsageError: the text does not match `TAG_PATTERN`, or git or a file system
                would refuse it.
        """
        if len(text) > TAG_MAX_LENGTH:
            _refuse(text, f"is longer than {TAG_MAX_LENGTH} characters")
        if not text.isascii() or re.fullmatch(TAG_PATTERN[1:-1], text) is None:
            _refuse(text, "is not a version")
        if text.endswith(".lock"):
            _refuse(text, "ends in '.lock', which git refuses")
        return cls(text, prerelease=_NUMBERS_END.sub("", text, count=1) != "")

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: Tag) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[tuple[int, ...], bool, tuple[_Part, ...], str]:
        """The order of SemVer 2.0.0 section 11, but v1 equals v1.0 and rc9 is lower than rc10.

        The spelling is compared last, so that only equal texts are equal.
        """
        match = _NUMBERS_END.match(self.text)
        end = match.end() if match else 0
        numbers = [int(number) for number in self.text[:end].removeprefix("v").split(".")]
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        return tuple(numbers), not self.prerelease, _identifiers(self.text[end:]), self.text


def _identifiers(suffix: str) -> tuple[_Part, ...]:
    """`-rc.10` and `rc10` both as (rc, 10); numbers are lower than words, as in SemVer."""
    runs = re.findall(r"[0-9]+|[a-z]+", suffix)
    return tuple((0, int(run), "") if run.isdigit() else (1, 0, run) for run in runs)


def _refuse(text: str, reason: str) -> NoReturn:
    shown = ascii(text if len(text) <= _MAX_SHOWN_LENGTH else text[:_MAX_SHOWN_LENGTH] + "...")
    raise UsageError(f"tag {shown} {reason}", hint="use a tag such as v1.2.3, v1.2.3-rc.1 or v0.9-beta")


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
