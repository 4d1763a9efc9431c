"""The result for one layer of trust, and the comparison that several layers make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.errors import IntegrityError
from obrelease.models.release_policy import LayerName

DOWNLOAD_AGAIN: Final = (
    "do not use this release; download it again, and report it to its maintainers if that does not help"
)
_MAX_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class LayerResult:
    """The result for one layer of trust: what was checked, or why it could not be checked."""

    name: LayerName
    checked: bool
    detail: str


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 2 more`."""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return f"{', '.join(names[:_MAX_LISTED])}{more}"


def counted_names(names: Counter[str]) -> str:
    """`3 (a, b)`: how many there are, and their names; the rarest come first, so that one cannot hide."""
    rare = sorted(names, key=lambda name: (names[name], name))
    return f"{names.total()} ({listed(rare)})"


def require_equal(expected: Mapping[str, str], actual: Mapping[str, str], where: str) -> None:
    """Require exactly these names with these digests; `sha256sum -c` would ignore additional files.

    Raises:
        IntegrityError: a name is missing or additional, or has another digest.
    """
    for complaint, names in (
        ("lists missing files", expected.keys() - actual.keys()),
        ("does not list existing files", actual.keys() - expected.keys()),
    ):
        if names:
            shown = ", ".join(ascii(name) for name in sorted(names)[:_MAX_LISTED])
            raise IntegrityError(f"{where}: {complaint}: {shown}", hint=DOWNLOAD_AGAIN)
    differing = sorted(name for name in expected if expected[name] != actual[name])
    if differing:
        both = (
            f"{name!a} ({expected[name]}, the file has {actual[name]})" for name in differing[:_MAX_LISTED]
        )
        raise IntegrityError(f"{where}: has another sha256 for: {', '.join(both)}", hint=DOWNLOAD_AGAIN)
