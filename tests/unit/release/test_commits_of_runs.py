"""A commit that only adds runs has the sources of the commit before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.release.commits_of_runs import commits_of_same_source
from obrelease.remote.git.repository import GitRepository
from tests.unit.release.project import git

RUN = "results/imported/bench/0123456789ab/artefact.json"


def commit(root: Path, *paths: str) -> str:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("a") as file:
            file.write("x")
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message=x")
    with GitRepository.open(root) as repo:
        return repo.head()


@pytest.mark.parametrize(
    ("paths", "same"),
    [
        ((RUN,), True),
        ((RUN, "results/.gitattributes", "results/.pins/first"), True),
        (("sub/" + RUN, RUN), True),
        ((RUN, "source.py"), False),
        ((RUN, "results/bench.py"), False),
        ((RUN, "results-more/.gitignore"), False),
        (("imported/bench/0123456789ab/artefact.json",), False),
        (("results/imported/bench/readme.md",), False),
        (("results/.gitignore",), False),
        ((RUN, 'results/od"d\n.txt'), False),
    ],
)
def test_which_commits_only_add_runs(tmp_path: Path, paths: tuple[str, ...], same: bool) -> None:
    git(tmp_path, "init", "--quiet")
    first = commit(tmp_path, "source.py")
    last = commit(tmp_path, *paths)
    with GitRepository.open(tmp_path) as repo:
        assert commits_of_same_source(repo, last) == ({first, last} if same else {last})


def test_the_commits_before_a_change_of_the_sources_are_others(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "source.py")
    commits = {commit(tmp_path, "source.py"), commit(tmp_path, RUN), commit(tmp_path, RUN)}
    with GitRepository.open(tmp_path) as repo:
        assert commits_of_same_source(repo, repo.head()) == commits
        assert commits_of_same_source(repo, "ab" * 20) == frozenset()
