"""Trees that are removed: of any depth, with links that are not followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.storage.remove_tree import remove_tree, try_to_remove_tree


def deepened(folder: Path, levels: int) -> None:
    """A chain of folders, longer than any path may be."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=inner))
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


def test_a_tree_deeper_than_the_stack_is_removed(tmp_path: Path) -> None:
    """Reproduced before: `gc` ended with an internal error."""
    tree = tmp_path / "tree"
    tree.mkdir()
    deepened(tree, 3_000)
    remove_tree(tree)
    assert list(tmp_path.iterdir()) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    for folder in (outside, tree / "a" / "b" / "c"):
        folder.mkdir(parents=True)
    (outside / "kept").touch()
    for place in (tree, tree / "a", tree / "a" / "b" / "c"):
        (place / "link").symlink_to(outside)
    os.mkfifo(tree / "a" / "pipe")
    remove_tree(tree)
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert not tree.exists()


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (tmp_path / "link").symlink_to(outside)
    with pytest.raises(OSError, match="symbolic link"):
        remove_tree(tmp_path / "link")
    try_to_remove_tree(tmp_path / "link")
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        remove_tree(tmp_path / "absent")
