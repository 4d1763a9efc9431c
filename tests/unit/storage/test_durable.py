"""Durable writing: a file is replaced completely or not at all, and folders above may not be links."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from obrelease.errors import Conflict, IntegrityError, StorageError
from obrelease.storage.durable import reject_symlinks, replace_file, write_file, write_verified
from obrelease.storage.hashing import digest_bytes, digest_file


def test_replacing_makes_folders_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    for content, mode in ((b"one", 0o600), (b"two", 0o644)):
        replace_file(path, content, mode)
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o777 == mode
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_replacement_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def disk_full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_full)
        with pytest.raises(StorageError, match=f"^{path}: cannot be written: No space left") as caught:
            replace_file(path, b"new")
    assert caught.value.hint is not None
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_never_written_over_an_existing_one(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    assert write_file(target, source) == (digest_bytes(b"content"), 7)
    with pytest.raises(FileExistsError):
        write_file(target, b"other")
    assert target.read_bytes() == b"content"


def test_a_link_below_the_root_is_refused_and_the_root_itself_may_be_one(tmp_path: Path) -> None:
    real, root = tmp_path / "real", tmp_path / "root"
    (real / "folder").mkdir(parents=True)
    root.symlink_to(real)
    reject_symlinks(root, root / "folder" / "new")
    (real / "link").symlink_to(real / "folder")
    with pytest.raises(StorageError, match=r"link: is a symbolic link"):
        reject_symlinks(root, root / "link" / "new")


def test_a_verified_file_is_complete_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "new"
    for blocks, size, digest in (
        ([b"ab", b"c"], 4, None),
        ([b"ab", b"c"], 2, None),
        ([b"ab", b"c"], 3, "0" * 64),
    ):
        with pytest.raises(IntegrityError):
            write_verified(target, blocks, size, digest)
        assert list(tmp_path.iterdir()) == []
    write_verified(target, [b"ab", b"c"], 3, digest_bytes(b"abc"))
    assert digest_file(target) == (digest_bytes(b"abc"), 3)
    with pytest.raises(Conflict):
        write_verified(target, [b"xyz"], 3, None)
    assert target.read_bytes() == b"abc"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(StorageError):
        write_verified(tmp_path / "missing" / "new", [b"x"], 1, None)
