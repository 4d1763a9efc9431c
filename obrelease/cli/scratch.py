"""The scratch folder of a command: made where the system keeps such things, gone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from obrelease.errors import StorageError


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new, empty, private folder that lives as long as the block.

    Raises:
        StorageError: it cannot be made.
    """
    import tempfile

    try:
        made = tempfile.TemporaryDirectory(prefix="obrelease-", ignore_cleanup_errors=True)
    except OSError as error:
        raise StorageError(
            f"{error.filename or 'the temporary folder'}: {error.strerror or error}",
            hint="free some space, or name another place by TMPDIR",
        ) from error
    with made as name:
        yield Path(name)
