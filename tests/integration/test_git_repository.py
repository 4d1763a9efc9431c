"""Git as it is: tags made, pushed and read back against a bare repository on this disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.errors import Conflict, NotFound, RemoteError, UsageError
from obrelease.remote.git.repository import GitRepository

MESSAGE = "obrelease v1\n\n# a line that looks like a comment\nsha256: " + "a" * 64 + "\n"


def git(folder: Path, *arguments: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = clean | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "@1700000000 +0100",
        "GIT_COMMITTER_DATE": "@1700000000 +0100",
    }
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README").write_text("hello\n")
    git(folder, "add", "README")
    git(folder, "commit", "--quiet", "--message=first")
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(folder, "remote", "add", "origin", str(tmp_path / "remote.git"))
    return folder


def test_a_tag_is_made_pushed_and_read_back(project: Path, tmp_path: Path) -> None:
    tree = GitRepository.open(project)
    head = tree.head()
    made = tree.create_tag("v0.9-beta", head, MESSAGE)
    assert (made.commit, made.message, made.annotated) == (head, MESSAGE, True)
    assert tree.local_tag("v0.9-beta") == made
    assert tree.remote_tag("origin", "v0.9-beta") is None
    tree.push_tag("origin", "v0.9-beta")
    assert tree.remote_tag("origin", "v0.9-beta") == head
    assert git(tmp_path / "remote.git", "rev-parse", "refs/tags/v0.9-beta") == made.object_id
    tree.push_tag("origin", "v0.9-beta")
    assert git(tmp_path / "remote.git", "for-each-ref", "--format=%(refname)") == "refs/tags/v0.9-beta"


def test_the_same_tag_of_the_same_commit_is_the_same_object(project: Path) -> None:
    tree = GitRepository.open(project)
    first = tree.create_tag("v1", tree.head(), MESSAGE)
    tree.delete_tag("v1")
    assert tree.local_tag("v1") is None
    assert tree.create_tag("v1", tree.head(), MESSAGE) == first
    assert "1700000000 +0100" in git(project, "cat-file", "tag", first.object_id)


def test_the_fallback_identity_is_used_where_none_is_configured(project: Path) -> None:
    tree = GitRepository.open(project)
    made = tree.create_tag("v1", tree.head(), "text")
    assert "tagger obrelease <obrelease@localhost>" in git(project, "cat-file", "tag", made.object_id)


def test_the_users_own_identity_and_ignore_file_are_kept(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignored").write_text("*.swp\n")
    config = f"[user]\n name = Own Name\n email = own@localhost\n[core]\n excludesFile = {tmp_path}/ignored\n"
    (tmp_path / "home" / ".gitconfig").write_text(config)
    (project / "x.swp").write_text("")
    tree = GitRepository.open(project)
    made = tree.create_tag("v1", tree.head(), "text")
    assert "tagger Own Name <own@localhost>" in git(project, "cat-file", "tag", made.object_id)
    assert tree.changes() == ()


def test_a_tag_is_never_made_twice_or_moved(project: Path) -> None:
    tree = GitRepository.open(project)
    first = tree.head()
    tree.create_tag("v1", first, "text")
    tree.push_tag("origin", "v1")
    with pytest.raises(Conflict, match="exists already"):
        tree.create_tag("v1", first, "text")
    tree.delete_tag("v1")
    git(project, "commit", "--quiet", "--allow-empty", "--message=second")
    tree.create_tag("v1", tree.head(), "text")
    with pytest.raises(Conflict, match="of the commit"):
        tree.push_tag("origin", "v1")
    assert tree.remote_tag("origin", "v1") == first


def test_a_lightweight_tag_is_distinguished_from_an_annotated_one(project: Path) -> None:
    git(project, "tag", "light")
    tag = GitRepository.open(project).local_tag("light")
    assert tag is not None
    assert (tag.annotated, tag.message, tag.object_id) == (False, "", tag.commit)


def test_a_tag_of_a_tag_is_peeled_to_its_commit(project: Path) -> None:
    tree = GitRepository.open(project)
    git(project, "tag", "--annotate", "--message=inner", "inner")
    git(project, "tag", "--annotate", "--message=outer", "outer", "inner")
    outer = tree.local_tag("outer")
    assert outer is not None
    assert (outer.commit, outer.message) == (tree.head(), "outer\n")


def test_a_tag_of_a_tree_is_refused(project: Path) -> None:
    git(project, "tag", "odd", "HEAD^{tree}")
    with pytest.raises(Conflict, match="does not lead to a commit"):
        GitRepository.open(project).local_tag("odd")


def test_a_detached_head_and_a_linked_worktree_work(project: Path, tmp_path: Path) -> None:
    git(project, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    tree = GitRepository.open(tmp_path / "linked")
    assert tree.root == tmp_path / "linked"
    assert tree.git_dir == project / ".git"
    assert tree.head() == GitRepository.open(project).head()
    tree.create_tag("v1", tree.head(), "text")
    assert GitRepository.open(project).local_tag("v1") is not None
    assert tree.changes() == ()


def test_changes_are_tracked_untracked_and_staged_outside_the_ignored_folders(project: Path) -> None:
    tree = GitRepository.open(project / ".")
    assert tree.changes() == ()
    (project / "README").write_text("changed\n")
    (project / "results" / "bench").mkdir(parents=True)
    (project / "results" / "bench" / "a b\n.json").write_text("{}")
    (project / "results.txt").write_text("x")
    (project / "staged").write_text("x")
    git(project, "add", "staged")
    everything = ("README", "results.txt", "results/bench/a b\n.json", "staged")
    assert tree.changes() == everything
    assert tree.changes(ignoring=["results"]) == tuple(path for path in everything if "bench" not in path)
    assert tree.changes(ignoring=["results/", ""]) == tree.changes(ignoring=["results"])


def test_an_inherited_git_dir_does_not_lead_elsewhere(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = GitRepository.open(project).head()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "remote.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other-index"))
    tree = GitRepository.open(project)
    assert (tree.head(), tree.changes()) == (head, ())


def test_a_folder_outside_of_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not inside a git work tree") as caught:
        GitRepository.open(tmp_path)
    assert caught.value.hint
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with pytest.raises(NotFound):
        GitRepository.open(tmp_path / "bare.git")


def test_a_repository_without_a_commit_is_an_error(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(NotFound, match="no commit yet"):
        GitRepository.open(tmp_path).head()


def test_a_missing_git_is_an_error(project: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from obrelease.errors import UsageError\nfrom obrelease.remote.git.repository import GitRepository\n"
        "try:\n    GitRepository.open(Path(sys.argv[1]))\n"
        "except UsageError as error:\n    print(error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(project)],
        env={"PATH": str(project), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "install git\n"


def test_remotes_that_are_missing_or_dangerous_are_refused(project: Path, tmp_path: Path) -> None:
    tree = GitRepository.open(project)
    with pytest.raises(NotFound, match="no git remote"):
        tree.remote_url("nowhere")
    canary = tmp_path / "canary"
    git(project, "config", "remote.helper.url", f"ext::touch {canary}")
    git(project, "config", "remote.option.url", f"--upload-pack=touch {canary}")
    git(project, "config", "remote.secret.url", "https://user:hunter2@localhost/x.git")
    for name in ("helper", "option", "secret"):
        with pytest.raises(UsageError) as caught:
            GitRepository.open(project).remote_tag(name, "v1")
        assert "hunter2" not in str(caught.value)
    assert not canary.exists()


def test_a_remote_that_fails_is_a_remote_error_without_credentials(project: Path) -> None:
    git(project, "config", "remote.gone.url", "https://token-canary@127.0.0.1:1/x.git")
    with pytest.raises(RemoteError) as caught:
        GitRepository.open(project).remote_tag("gone", "v1")
    assert "token-canary" not in str(caught.value)


def test_a_refused_push_is_an_error(project: Path, tmp_path: Path) -> None:
    hook = tmp_path / "remote.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho no entry >&2\nexit 1\n")
    hook.chmod(0o755)
    tree = GitRepository.open(project)
    tree.create_tag("v1", tree.head(), "text")
    with pytest.raises(RemoteError, match="could not be pushed"):
        tree.push_tag("origin", "v1")
    assert tree.remote_tag("origin", "v1") is None


@pytest.mark.parametrize("message", ["", "  \n", "a\0b"])
def test_an_empty_tag_message_is_refused(project: Path, message: str) -> None:
    tree = GitRepository.open(project)
    with pytest.raises(UsageError):
        tree.create_tag("v1", tree.head(), message)
