"""A release in a shared registry, opened for `verify`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from obrelease.api.project import Project
from obrelease.remote.oci.place import SCHEME

if TYPE_CHECKING:
    from obrelease.release.verify.download_url import Address, Read


@contextmanager
def opened_release(
    release: str | os.PathLike[str], project: Project
) -> Iterator[Callable[[], tuple[Address, Read]] | None]:
    """What opens a release in a shared registry until the end of the block; None for any other release.

    Raises:
        UsageError: the address is malformed.
    """
    if not isinstance(release, str) or not release.startswith(SCHEME):
        yield None
        return
    from obrelease.api.shared_connection import connected  # loads the client of shared registries
    from obrelease.release.shared_release import open_release, split_address

    place, tag = split_address(release)
    with connected(place, project, writes=False) as client:
        yield partial(open_release, client, tag)
