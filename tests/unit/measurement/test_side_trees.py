"""The two trees of a comparison: what they hold, and that nothing is written outside of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from obrelease.errors import NotFound
from obrelease.measurement.benchmark import Benchmark
from obrelease.measurement.side_trees import side_trees
from obrelease.measurement.sides import Side, shared_paths, side_of_tree

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: `value` 1 and 2, with a folder, a link, and a file that HEAD no longer has."""
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "value").write_text("1")
    (root / "sub" / "file").write_text("1")
    (root / "removed").write_text("1")
    (root / "link").symlink_to("value")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    (root / "value").write_text("2")
    (root / "removed").unlink()
    git(root, "commit", "-qam", "two")
    return root


def git(root: Path, *words: str) -> str:
    return subprocess.run([*GIT, *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit_and_the_work_tree_with_its_changes(repository: Path) -> None:
    (repository / "sub" / "file").unlink()
    (repository / "new").write_text("3")
    (repository / "link").unlink()
    (repository / "link").symlink_to("new")
    before = git(repository, "status", "--porcelain")
    with side_trees(repository, "HEAD~1", ignoring=()) as (base, head):
        assert (base.commit, base.dirty) == (git(repository, "rev-parse", "HEAD~1"), False)
        assert (head.commit, head.dirty) == (git(repository, "rev-parse", "HEAD"), True)
        assert (base.folder / "value").read_text() == "1"
        assert (base.folder / "removed").exists()
        assert (head.folder / "value").read_text() == "2"
        assert not (head.folder / "removed").exists()
        assert not (head.folder / "sub" / "file").exists()
        assert (head.folder / "link").readlink() == Path("new")
        folders = [base.folder, head.folder]
        assert len({len(str(folder)) for folder in folders}) == 1
    assert not any(folder.exists() for folder in folders)
    assert git(repository, "status", "--porcelain") == before
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_ignored_folders_are_no_changes(repository: Path) -> None:
    (repository / "results").mkdir()
    (repository / "results" / "run").write_text("x")
    with side_trees(repository, "HEAD", ignoring=[repository / "results"]) as (_, head):
        assert not head.dirty
        assert not (head.folder / "results").exists()


def test_a_link_of_the_commit_that_became_a_folder_is_not_written_through(
    repository: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository / "place").symlink_to(outside)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "a link that leads out")
    (repository / "place").unlink()
    (repository / "place").mkdir()
    (repository / "place" / "file").write_text("3")
    with side_trees(repository, "HEAD", ignoring=()) as (_, head):
        assert (head.folder / "place" / "file").read_text() == "3"
        assert not (head.folder / "place").is_symlink()
    assert list(outside.iterdir()) == []


def test_an_unknown_commit_and_a_missing_folder_are_named(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such"), side_trees(repository, "no-such", ignoring=()):
        pytest.fail("there is no such commit")
    with side_trees(repository, "HEAD~1", ignoring=()) as (base, _):
        assert side_of_tree(base, Path("sub")) == Side("base", base.folder / "sub", base.commit, dirty=False)
        with pytest.raises(NotFound, match="the base has no folder later"):
            side_of_tree(base, Path("later"))
        (base.folder / "out").symlink_to(tmp_path)
        with pytest.raises(NotFound, match="the base has no folder out"):
            side_of_tree(base, Path("out"))


def test_a_command_that_names_the_checkout_is_warned_of(repository: Path) -> None:
    inside = f"{repository}/build/bench"
    assert list(shared_paths(Benchmark("x", (inside,)), repository))
    assert list(shared_paths(Benchmark("x", "./x", environment={"PYTHONPATH": inside}), repository))
    assert not list(shared_paths(Benchmark("x", "build/bench", build="make"), repository))
