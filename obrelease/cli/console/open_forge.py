"""The forge that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from obrelease.cli.console.settings import Settings

if TYPE_CHECKING:
    from obrelease.remote.forge.protocol import Forge


def forge_of(settings: Settings, note: Callable[[str], None] = lambda _: None) -> Forge:
    """The forge of these settings; raises as `open_forge`."""
    from obrelease.remote.open_forge import open_forge

    return open_forge(
        settings.forge,
        releases=settings.releases,
        repository=settings.repository,
        token=settings.token,
        api=settings.api,
        note=note,
    )
