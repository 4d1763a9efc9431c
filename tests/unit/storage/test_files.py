"""Reading untrusted files: what is refused, and the limit in bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, NotFound, StorageError
from obrelease.storage.files import open_regular, read_bounded


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name, error in (
        ("absent", NotFound),
        ("link", InvalidInput),
        ("pipe", InvalidInput),
        ("", InvalidInput),
    ):
        with pytest.raises(error, match=str(tmp_path / name)):
            open_regular(tmp_path / name)
    with pytest.raises(StorageError):
        open_regular(tmp_path / ("x" * 300))


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 101)
    assert len(read_bounded(path, 101)) == 101
    with pytest.raises(InvalidInput, match="larger than 100 bytes"):
        read_bounded(path, 100)
