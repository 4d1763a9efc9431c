"""One process, and one thread, holds a folder at a time; the folder is not changed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from obrelease.errors import StorageError
from obrelease.storage.folder_lock import exclusive_folder


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    events: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with exclusive_folder(tmp_path):
            events.append("second")

    with exclusive_folder(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        thread.join(0.2)
        events.append("first")
    thread.join()
    assert events == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none: cannot be locked"), exclusive_folder(tmp_path / "none"):
        pass
