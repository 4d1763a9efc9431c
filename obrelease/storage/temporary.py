"""A temporary folder whose troubles are errors of the tree: a full disk, or no place that can be written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from obrelease.errors import StorageError

HINT: Final = "free some space, or name another place by TMPDIR"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new, empty, private folder that lives as long as the block.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="obrelease-", ignore_cleanup_errors=True)
    except OSError as error:
        raise temporary_refused(error) from error
    with made as name:
        yield Path(name).resolve()


def temporary_refused(error: OSError) -> StorageError:
    """What to raise where something below the temporary folder cannot be written."""
    return StorageError(f"{error.filename or 'the temporary folder'}: {error.strerror or error}", hint=HINT)
