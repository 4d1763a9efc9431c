"""What a forge accepts: one table, which `tag`, `publish` and their dry runs ask before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from obrelease.errors import InvalidInput

CLAIM_CHARACTERS: Final = 64
"""Room for what a draft carries besides its notes."""


@dataclass(frozen=True, slots=True)
class ForgeLimits:
    """The limits of a forge on one release.

    Attributes:
        forge: the forge's name, for messages.
        page_characters: the longest page of a release.
        assets: the most files of a release.
        asset_bytes: a file must be smaller than this.
        writes_per_hour: the most requests that create content.
    """

    forge: str
    page_characters: int
    assets: int
    asset_bytes: int
    writes_per_hour: int


GITHUB_LIMITS: Final = ForgeLimits(
    forge="github",
    page_characters=125_000,
    assets=1000,
    asset_bytes=2 * 2**30,
    writes_per_hour=500,
)
"""Sources: GitHub's "About releases" (1,000 assets, each under 2 GiB), its "Rate limits for the REST API"
(500 content-creating requests an hour), and its answer 422 `body is too long (maximum is 125000 characters)`,
as in ncipollo/release-action#493.
"""


def require_within_limits(limits: ForgeLimits, sizes: Mapping[str, int], present: int = 0) -> None:
    """Refuse a release that the forge would refuse in the middle of its upload.

    Args:
        sizes: the size in bytes of each asset, by name.
        present: how many other assets the release has already.

    Raises:
        InvalidInput: too many assets, or one that is too large.
    """
    if len(sizes) + present > limits.assets:
        others = f" and {present} that are there already" if present else ""
        raise InvalidInput(
            f"the release has {len(sizes):,} assets{others}; {limits.forge} accepts {limits.assets:,}",
            hint="choose fewer runs with --run; each run with a picture is one asset",
        )
    for name, size in sorted(sizes.items()):
        if size >= limits.asset_bytes:
            raise InvalidInput(
                f"{name} has {size:,} bytes; an asset on {limits.forge} has less than {limits.asset_bytes:,}",
                hint="choose fewer runs with --run, or attach a smaller file",
            )


def hours_of_writes(limits: ForgeLimits, assets: int) -> int:
    """How many full hours the forge's limit on writes makes a release wait; 0 for most."""
    writes_besides_assets = 2
    return (assets + writes_besides_assets - 1) // limits.writes_per_hour
