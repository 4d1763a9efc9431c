"""The boundary to git: a repository's configuration starts no program, no connection, no foreign read.

The keys are those that the installed git itself lists (`git help --config`), so a new version of git
brings its own rows. All of them are set at once, to one value: git itself would stop at the first
number that is none, so what is proved is that the file is not read by it at all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, UsageError
from obrelease.remote.git import isolation
from obrelease.remote.git.repository import GitRepository
from tests.program import environment
from tests.unit.release.project import git, make_project

NAMES = {"remote": "origin", "filter": "evil", "diff": "evil", "merge": "evil", "branch": "main"}
SPECIAL = (
    "core.partialClone",
    "extensions.partialClone",
    "extensions.worktreeConfig",
    "include.path",
    "includeIf.gitdir:/**.path",
    "includeIf.onbranch:**.path",
    "includeIf.hasconfig:remote.*.url:**.path",
    "credential.https://github.com.helper",
    "http.https://github.com.proxy",
    "remote.origin.promisor",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
    "remote.origin.vcs",
    "url.{value}.insteadOf",
    "url.{value}.pushInsteadOf",
)
COMMANDS = (
    ["doctor"],
    ["list"],
    ["show", "latest"],
    ["validate"],
    ["fsck"],
    ["reindex"],
    ["pin", "good", "latest"],
    ["gc"],
    ["diff", "latest", "latest"],
    ["gate", "--policy", "gate.toml", "--release", "v0.1"],
    ["run", "bench", "--messages", "100", "--passes", "1", "--core", "reference"],
    ["run", "bench", "--against", "HEAD", "--messages", "100"],
    ["reproduce", "latest"],
    ["bundle", "v1", "--output", "{out}"],
    ["publish", "v1", "--dry-run"],
    ["tag", "v1"],
    ["publish", "v1", "--remote", "origin"],
    ["verify", "v1"],
    ["schema", "check"],
    ["init"],
)


ONLINE = (["doctor"], ["gc"], ["publish", "v1", "--dry-run"], ["diff", "v0.1", "v0.1"])


def all_keys() -> list[str]:
    """Every key of git-config(1), with names in place of its placeholders."""
    listed = subprocess.run(["git", "help", "--config"], capture_output=True, text=True, check=True).stdout
    keys = [line for line in listed.splitlines() if re.fullmatch(r"[A-Za-z]+(\.[^ ]+)+", line)]
    assert len(keys) > 500
    return [
        re.sub(r"<[^>]*>|\*", NAMES.get(key.partition(".")[0], "evil"), key)
        for key in keys
        if not key.startswith(("core.repositoryFormatVersion", "extensions."))
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run, a tag and a remote; its home is empty."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    made = make_project(tmp_path)
    made.record("baseline")
    git(made.root, "add", "-A")
    git(made.root, "commit", "-q", "--allow-empty", "-m", "runs")
    git(made.root, "tag", "-a", "v0.1", "-m", "first")
    return made.root


def hostile_file(root: Path, value: str) -> None:
    """Give a repository a configuration in which every key has one value."""
    config = root / ".git" / "config"
    for key in (*all_keys(), *(special.format(value=value) for special in SPECIAL)):
        section, _, name = key.rpartition(".")
        section, _, subsection = section.partition(".")
        head = f'[{section} "{subsection}"]' if subsection else f"[{section}]"
        with config.open("a", encoding="utf-8") as file:
            file.write(f'{head}\n\t{name} = "{value}"\n')
    with config.open("a", encoding="utf-8") as file:
        file.write(f'[remote "origin"]\n\turl = {root.parent / "remote.git"}\n')
    shutil.copy(config, root / ".git" / "config.worktree")


def run(project: Path, *words: str, trace: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program in the project; under strace if `trace` is given."""
    tracer = ["strace", "-f", "-qq", "-e", "trace=%file,connect", "-s", "300", "-o", str(trace)]
    wrapped = tracer if trace else []
    return subprocess.run(
        [*wrapped, sys.executable, "-m", "obrelease", *words],
        cwd=project,
        env=environment(HOME=str(project.parent / "home"), OBRELEASE_TOKEN="t" * 20),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Path]:
    """A program that leaves a canary, next to itself."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\ntouch '{tmp_path}/canary'\n")
    path.chmod(0o755)
    yield path
    assert not (tmp_path / "canary").exists(), "a program of the repository ran"


def test_the_canary_is_alive(project: Path, program: Path) -> None:
    git(project, "config", "core.fsmonitor", str(program))
    git(project, "status")
    canary = program.with_name("canary")
    assert canary.exists()
    canary.unlink()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_key_starts_a_program_or_a_foreign_read(
    project: Path, program: Path, tmp_path: Path, words: list[str]
) -> None:
    """The value is the path of a program, so any use of it shows in the trace of the system calls."""
    (project / "gate.toml").write_text('format = "obrelease.gate-policy"\nversion = 1\n')
    if words[0] == "verify":
        run(project, "publish", "v1")
    hostile_file(project, str(program))
    trace = tmp_path / "trace"
    done = run(project, *(word.format(out=tmp_path / "out") for word in words), trace=trace)
    used = [line for line in trace.read_text("utf-8", "replace").splitlines() if f'"{program}"' in line]
    assert used == []
    assert done.returncode in {0, 1, 2, 3, 4, 6, 7}, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ONLINE, ids=" ".join)
def test_no_key_opens_a_connection_for_a_missing_object(
    project: Path, tmp_path: Path, words: list[str]
) -> None:
    """A promisor remote would be asked for what is missing."""
    tree = git(project, "rev-parse", "HEAD^{tree}")
    (project / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        hostile_file(project, f"http://127.0.0.1:{server.getsockname()[1]}/x.git")
        done = run(project, *words)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["config", "config.worktree", "HEAD", "commondir"])
def test_a_pipe_in_the_git_folder_is_refused_at_once(project: Path, name: str) -> None:
    place = project / ".git" / name
    place.unlink(missing_ok=True)
    if name == "commondir":
        (project / ".git").rename(project.parent / "moved")
        (project / ".git").write_text(f"gitdir: {project.parent / 'moved'}\n")
        place = project.parent / "moved" / name
    os.mkfifo(place)
    done = run(project, "tag", "v1")
    assert done.returncode == 4, done.stderr
    assert name in done.stderr


def test_a_repository_of_somebody_else_is_refused_unless_the_user_lists_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    GitRepository.open(project).close()
    monkeypatch.setattr(isolation, "_trusted_owners", lambda: frozenset({os.geteuid() + 1}))
    with pytest.raises(UsageError, match="another user"):
        GitRepository.open(project)
    for values, trusted in (
        ((str(project),), True),
        (("*",), True),
        ((f"{project.parent}/*",), True),
        ((f"{project}x", str(project.parent)), False),
        ((str(project), ""), False),
    ):
        settings = "".join(f"\tdirectory = {json.dumps(value)}\n" for value in values)
        (Path(os.environ["HOME"]) / ".gitconfig").write_text(f"[safe]\n{settings}")
        if trusted:
            GitRepository.open(project).close()
        else:
            with pytest.raises(UsageError, match="another user"):
                GitRepository.open(project)
    git(project, "config", "safe.directory", "*")
    with pytest.raises(UsageError, match="another user"):
        GitRepository.open(project)


def test_objects_of_somebody_else_are_not_borrowed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = project.parent / "shared"
    git(project.parent, "clone", "--quiet", "--shared", str(project), str(shared))
    with GitRepository.open(shared) as repository:
        assert repository.head() == git(project, "rev-parse", "HEAD")
    (project / ".git" / "objects" / "info" / "alternates").write_text("/proc\n")
    if os.geteuid() == 0:
        monkeypatch.setattr(isolation, "_trusted_owners", lambda: frozenset({os.geteuid() + 1}))
        (Path(os.environ["HOME"]) / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    with pytest.raises(InvalidInput, match="alternates"):
        GitRepository.open(shared)


def test_alternates_that_lead_in_a_circle_come_to_an_end(project: Path) -> None:
    objects = project / ".git" / "objects"
    (objects / "info" / "alternates").write_text(f"{objects}\n# no folder\n\n")
    GitRepository.open(project).close()


@pytest.mark.parametrize(
    "layout", ["linked", "submodule", "shallow", "split-index", "sha256", "packed", "sparse"]
)
def test_every_layout_of_a_repository_is_understood(project: Path, layout: str) -> None:
    place = project.parent / layout
    match layout:
        case "linked":
            git(project, "worktree", "add", "--quiet", "--detach", str(place))
        case "submodule":
            git(project.parent, "init", "--quiet", "outer")
            allowed = ("-c", "protocol.file.allow=always")
            git(project.parent / "outer", *allowed, "submodule", "--quiet", "add", str(project), "inner")
            place = project.parent / "outer" / "inner"
        case "shallow":
            git(project.parent, "clone", "--quiet", "--depth=1", project.as_uri(), str(place))
        case "split-index":
            git(project, "update-index", "--split-index")
            place = project
        case "sha256":
            git(project.parent, "init", "--quiet", "--object-format=sha256", str(place))
            (place / "file").write_text("x")
            git(place, "add", "-A")
            git(place, "commit", "--quiet", "-m", "first")
        case "packed":
            git(project, "gc", "--quiet")
            git(project, "pack-refs", "--all")
            place = project
        case "sparse":
            git(project, "sparse-checkout", "set", "schemas")
            place = project
    with GitRepository.open(place) as repository:
        assert repository.head() == git(place, "rev-parse", "HEAD")
        assert repository.changes() == ()
        (place / "new").write_text("x")
        assert repository.changes() == ("new",)
        made = repository.create_tag("v2", repository.head(), "text")
    assert git(place, "rev-parse", "v2^{commit}") == made.commit


def test_the_users_own_transport_settings_are_honoured(project: Path) -> None:
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(
        f'[url "{project.parent}/"]\n\tinsteadOf = "https://example.org/"\n'
    )
    git(project, "remote", "set-url", "origin", "https://example.org/remote.git")
    with GitRepository.open(project) as repository:
        repository.push_tag("origin", "v0.1")
        assert repository.remote_tag("origin", "v0.1") == repository.head()


def test_nothing_is_left_in_the_temporary_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    GitRepository.open(project).close()
    (project / ".git" / "config").write_text("[broken")
    with pytest.raises(InvalidInput, match="config"):
        GitRepository.open(project)
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["packed-refs", "index", "shallow", "refs/tags/v7", "objects/info/commit-graph", "objects/pack/x.idx"],
)
def test_a_pipe_that_git_would_wait_for_is_refused_at_once(project: Path, name: str) -> None:
    place = project / ".git" / name
    place.unlink(missing_ok=True)
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    for words in (["gc"], ["publish", "v1", "--dry-run"]):
        done = run(project, *words)
        assert done.returncode == 4, done.stderr
        assert name in done.stderr


@pytest.mark.parametrize(
    "name", ["refs", "refs/tags", "refs/heads", "packed-refs", "objects", "logs", "index"]
)
def test_a_link_that_leads_out_of_the_repository_is_refused(project: Path, tmp_path: Path, name: str) -> None:
    place, outside = project / ".git" / name, tmp_path / "outside"
    if place.is_dir():
        shutil.copytree(place, outside)
        shutil.rmtree(place)
    else:
        outside.write_bytes(place.read_bytes() if place.exists() else b"")
        place.unlink(missing_ok=True)
    place.symlink_to(outside)
    before = sorted(outside.rglob("*"))
    done = run(project, "tag", "v8")
    assert (done.returncode, sorted(outside.rglob("*"))) == (4, before), done.stderr


@pytest.mark.parametrize("address", ["evil.git", "./evil.git", "{root}/evil.git", "file://{root}/evil.git"])
def test_no_hook_of_a_remote_inside_the_tree_runs(
    project: Path, program: Path, tmp_path: Path, address: str
) -> None:
    evil = project / "evil.git"
    git(project, "init", "--quiet", "--bare", str(evil))
    shutil.copy(program, evil / "hooks" / "pre-receive")
    git(project, "config", "remote.origin.url", address.format(root=project))
    git(project, "add", "-A")
    git(project, "commit", "--quiet", "-m", "a bare repository as ordinary files")
    for words in (["tag", "v9", "--remote", "origin"], ["publish", "v9", "--remote", "origin"]):
        done = run(project, *words)
        assert done.returncode == 2, done.stderr
        assert "folder of this repository" in done.stderr


def test_default_folders_that_are_links_out_of_the_tree_are_refused(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "dist").symlink_to(outside)
    assert run(project, "bundle", "v1").returncode == 2
    (project / ".git" / "obrelease").symlink_to(outside)
    assert run(project, "publish", "v1").returncode == 2
    assert list(outside.iterdir()) == []
