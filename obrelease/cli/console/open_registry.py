"""The one door to the results folder: every command finds it, or refuses it, alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.cli.console.settings import Settings
from obrelease.errors import NotFound, UsageError

if TYPE_CHECKING:
    from obrelease.registry.store import Registry


def results_of(settings: Settings, *, must_exist: bool) -> Path:
    """The results folder.

    Args:
        must_exist: True for what reads runs; False for what records them, or lists what there is.

    Raises:
        UsageError: something that is no folder lies there.
        NotFound: nothing lies there, and it must.
    """
    folder = settings.results
    if folder.is_dir():
        return folder
    if os.path.lexists(folder):
        raise UsageError(
            f"{folder}: is not a folder, so it holds no results",
            hint="name the results folder by --results, OBRELEASE_RESULTS or [tool.obrelease]",
        )
    if must_exist:
        raise NotFound(
            f"{folder}: there is no results folder here",
            hint="`obrelease run bench` makes one; --results names another",
        )
    return folder


def registry_of(settings: Settings, *, must_exist: bool) -> Registry:
    """The registry in the results folder; raises what `results_of` raises."""
    from obrelease.registry.store import Registry

    return Registry(results_of(settings, must_exist=must_exist))
