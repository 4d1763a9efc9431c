"""Git calls on hostile repositories: bounded in time, in output, and in the number of processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from obrelease.errors import Conflict, InvalidInput, ObreleaseError, RemoteError
from obrelease.release.protected_runs import find_protected_runs
from obrelease.remote.git import bounded_process, objects
from obrelease.remote.git.bounded_process import ProcessLimits, run_git
from obrelease.remote.git.repository import GitRepository
from tests.unit.release.project import git, make_project

PIPES = (
    ".gitignore",
    ".gitattributes",
    "nested/.git/HEAD",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path).root


@pytest.mark.parametrize("name", PIPES)
def test_a_pipe_that_git_waits_for_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Reproduced before: `git status` waited for 300 s."""
    monkeypatch.setattr(bounded_process, "_STALLED_S", 0.2)
    place = project / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    with GitRepository.open(project) as repo, pytest.raises(InvalidInput, match=name.rpartition("/")[2]):
        repo.changes()


def test_a_loose_object_that_is_a_pipe_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_process, "_STALLED_S", 0.2)
    commit = git(project, "rev-parse", "HEAD")
    place = project / ".git" / "objects" / commit[:2] / commit[2:]
    place.unlink()
    os.mkfifo(place)
    with GitRepository.open(project) as repo, pytest.raises(InvalidInput, match=commit[2:]):
        repo.head()


def test_a_process_that_does_not_end_is_ended(project: Path) -> None:
    with GitRepository.open(project) as repo, pytest.raises(RemoteError, match="did not finish within"):
        run_git(repo._git, ("hash-object", "--no-filters", "/dev/zero"), limits=ProcessLimits(seconds=0.2))


def test_an_output_above_the_limit_is_refused(project: Path) -> None:
    with GitRepository.open(project) as repo, pytest.raises(InvalidInput, match="larger than 10 bytes"):
        run_git(repo._git, ("help", "--config"), limits=ProcessLimits(output_bytes=10))


@pytest.mark.parametrize(
    "head", ["ref: ../../../../etc/passwd\n", "\0" * 100, "", "ref: refs/heads/\x1b[2J\n"]
)
def test_a_head_that_git_never_writes_is_an_error(project: Path, head: str) -> None:
    """Reproduced before: an internal error."""
    (project / ".git" / "HEAD").write_text(head)
    with pytest.raises(ObreleaseError), GitRepository.open(project) as repo:
        repo.head()


def make_tag(project: Path, name: str, message: bytes) -> None:
    head = git(project, "rev-parse", "HEAD")
    text = f"object {head}\ntype commit\ntag {name}\ntagger T <t@localhost> 1700000000 +0000\n\n".encode()
    made = subprocess.run(
        ["git", "hash-object", "-t", "tag", "-w", "--stdin"],
        cwd=project,
        input=text + message,
        capture_output=True,
        check=True,
    )
    git(project, "update-ref", f"refs/tags/{name}", made.stdout.decode().strip())


def test_a_huge_tag_is_not_read(project: Path) -> None:
    make_tag(project, "v7", b"manifest: sha256:" + b"a" * 64 + b"\n" + b"x" * objects.MAX_TAG_BYTES)
    make_tag(project, "v8", b"release\n\nmanifest: sha256:" + b"b" * 64 + b"\n")
    with GitRepository.open(project) as repo:
        assert [name for name, _ in repo.tag_messages()] == ["v8"]
        with pytest.raises(Conflict, match="more than a release tag can have"):
            repo.local_tag("v7")


def test_tags_cost_no_process_each(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reproduced before: three processes for each tag."""
    for number in range(12):
        make_tag(project, f"v{number}", b"release\n\nmanifest: sha256:%064d\n" % number)
    git(project, "tag", "-m", "of a tree", "tree", "HEAD^{tree}")
    git(project, "tag", "lightweight")
    git(project, "tag", "-m", "\N{LINE SEPARATOR}", "a\N{LINE SEPARATOR}b")
    monkeypatch.setattr(objects, "_BATCH_OBJECTS", 10)
    calls: list[str] = []

    def counted(repo: GitRepository) -> None:
        start = repo._start
        monkeypatch.setattr(
            repo, "_start", lambda words, **rest: calls.append(words[0]) or start(words, **rest)
        )

    with GitRepository.open(project) as repo:
        counted(repo)
        assert len(list(repo.tag_messages())) == 14
    assert calls == ["for-each-ref", "cat-file", "cat-file"]
    found = find_protected_runs(project / "results", root=project, releases=project / "dist")
    assert sorted(found.unknown_tags) == sorted(f"v{number}" for number in range(12))


def test_files_of_a_commit_are_bounded_in_sum(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with GitRepository.open(project) as repo:
        commit = repo.head()
        assert repo.digests_at(commit, ["."])
        monkeypatch.setattr(objects, "_MAX_SOURCE_BYTES", 1)
        with pytest.raises(InvalidInput, match="more than 1 bytes"):
            repo.digests_at(commit, ["."])
