"""A token is bound to a host of the user's choice: no settings file of a tree sends it elsewhere."""

from __future__ import annotations

import re
import socket
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.cli.console.settings import load
from obrelease.errors import ExitCode, RemoteError, UsageError
from obrelease.remote.github.addresses import checked_api, checked_upload_address
from tests.loopback_github.client import surroundings
from tests.loopback_github.server import TOKEN
from tests.unit.release.project import git, make_project

HOSTS = (
    "https://evil.example",
    "http://evil.example",
    "http://127.0.0.1:{port}",
    "http://localhost:{port}/",
    "http://[::1]:{port}",
    "https://api.github.com.evil.example",
    "https://api.github.com.",
    "https://api.github.com:8443",
    "http://api.github.com",
    "https://api.github.com@evil.example",
    "https://user:secret@api.github.com",
    "https://evil.example/@api.github.com",
    "https://evil.example#@api.github.com",
    "https://evil.example?@api.github.com",
    "https://evil.example\\\\@api.github.com",
    "https://api.g\u0131thub.com",
    "https://\u0430pi.github.com",
    "https://xn--api-hithub-0ra.com",
    "https://api.github.com\\r\\nHost: evil.example",
    "https:/\\t/evil.example",
    "https://API.GITHUB.COM.EVIL.EXAMPLE",
    "https://0x7f.1:{port}",
    "//evil.example",
    "file:///etc/passwd",
    "api.github.com",
    " ",
)
COMMANDS = (
    ["verify", "v0.1"],
    ["diff", "v0.1", "v0.1"],
    ["gate", "--base", "v0.1", "--head", "v0.1", "--policy", "gate.toml"],
    ["publish", "v1", "--remote", "origin"],
    ["publish", "v1", "--resume"],
    ["publish", "v1", "--abort"],
    ["publish", "v1", "--dry-run"],
)
OFFLINE = {
    "list": ExitCode.OK,
    "show latest": ExitCode.OK,
    "doctor": ExitCode.CHECK_FAILED,
    "validate": ExitCode.OK,
    "fsck": ExitCode.OK,
    "gc": ExitCode.OK,
    "tag v1": ExitCode.OK,
    "init --dry-run": ExitCode.OK,
    "schema check": ExitCode.OK,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run and a token; the forge is named by the tree alone."""
    made = make_project(tmp_path)
    made.record("baseline")
    policy = files("obrelease.release") / "templates" / "gate-policy.toml"
    (made.root / "gate.toml").write_text(policy.read_text("utf-8"), "utf-8")
    git(made.root, "add", "-A")
    git(made.root, "commit", "-q", "--allow-empty", "-m", "runs")
    git(made.root, "tag", "-a", "v0.1", "-m", "first")
    monkeypatch.chdir(made.root)
    for name, value in surroundings(tmp_path, "").items():
        monkeypatch.delenv(name, raising=False)
        if not name.startswith("OBRELEASE_"):
            monkeypatch.setenv(name, value)
    for name in ("OBRELEASE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    for name in ("GITHUB_API_URL", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return made.root


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were looked up or connected to; every attempt fails."""
    found: list[str] = []

    def refuse(host: Any, *_: Any, **__: Any) -> Any:
        found.append(str(host))
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: refuse(address))
    monkeypatch.setattr("time.sleep", lambda _: None)
    return found


def write_settings(root: Path, api: str, file: str = "obrelease.toml") -> None:
    text = f'[tool.obrelease]\nforge = "github"\nrepository = "octocat/ob"\napi = "{api}"\n'
    (root / "pyproject.toml").write_text("", "utf-8")
    (root / file).write_text(text, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "settings")


def test_no_spelling_of_a_host_in_the_tree_is_connected_to(
    project: Path, connections: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    for api in HOSTS:
        write_settings(project, api.format(port=9))
        assert execute(["verify", "v0.1"]) == ExitCode.USAGE, api
        error = capfd.readouterr().err
        assert "names the API host" in error, api
        assert "'api.github.com'" in error, api
        assert TOKEN not in error
    assert connections == []


@pytest.mark.parametrize("file", ["obrelease.toml", "pyproject.toml"])
def test_every_command_that_would_send_the_token_names_both_hosts(
    project: Path, connections: list[str], capfd: pytest.CaptureFixture[str], file: str
) -> None:
    write_settings(project, "https://evil.example:444/api", file)
    for words in COMMANDS:
        assert execute(words) == ExitCode.USAGE, words
        error = capfd.readouterr().err
        for part in ("'evil.example:444'", "'api.github.com'", "OBRELEASE_API"):
            assert part in error, words
    assert connections == []


def test_commands_without_a_forge_work_and_connect_to_nothing(project: Path, connections: list[str]) -> None:
    write_settings(project, "https://evil.example")
    for words, code in OFFLINE.items():
        assert execute(words.split()) == code, words
    assert connections == []


@pytest.mark.parametrize("name", ["OBRELEASE_API", "GITHUB_API_URL"])
def test_the_environment_names_the_host_and_a_file_may_repeat_it(
    project: Path, connections: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_settings(project, "https://GHE.example:443/api/v3/")
    monkeypatch.setenv(name, "https://ghe.example/api/v3")
    assert execute(["verify", "v0.1"]) == ExitCode.REMOTE
    assert set(connections) == {"ghe.example"}


def test_the_host_of_the_environment_wins_over_githubs_own_in_the_file(
    project: Path, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(project, "https://api.github.com")
    monkeypatch.setenv("GITHUB_API_URL", "https://ghe.example/api/v3")
    assert execute(["verify", "v0.1"]) == ExitCode.REMOTE
    assert set(connections) == {"ghe.example"}


def test_a_third_host_is_refused_although_the_environment_names_one(
    project: Path, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(project, "https://evil.example")
    monkeypatch.setenv("OBRELEASE_API", "https://ghe.example/api/v3")
    assert execute(["verify", "v0.1"]) == ExitCode.USAGE
    assert connections == []


def test_the_doctor_names_both_hosts(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_settings(project, "https://evil.example")
    assert execute(["doctor"]) == ExitCode.CHECK_FAILED
    assert re.search(r"forge.*evil\.example.*api\.github\.com", "".join(capfd.readouterr()), re.DOTALL)


@pytest.mark.parametrize(
    "api",
    [
        "https://ghe.example\r\nX: y",
        "https://ghe.example\t",
        "https://gh\u0435.example",
        "https://u@ghe.example",
        "https://u:p@ghe.example",
        "https://ghe.example?x",
        "https://ghe.example#",
        "https://ghe.example\\@evil.example",
        "https://ghe.example:port",
        "https://[::1",
        "http://ghe.example",
        "http://127.0.0.1.evil.example",
        "ftp://ghe.example",
        "https://",
    ],
)
def test_addresses_of_the_api_that_are_refused_from_any_source(api: str) -> None:
    with pytest.raises(UsageError):
        checked_api(api)


@pytest.mark.parametrize(
    ("api", "url"),
    [
        ("https://api.github.com", "https://uploads.github.com/repos/o/r/releases/1/assets"),
        ("https://api.octo.ghe.com", "https://uploads.octo.ghe.com/repos/o/r/releases/1/assets"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/uploads/repos/o/r/releases/1/assets"),
        ("https://ghe.example:8443/api/v3", "https://ghe.example:8443/api/uploads/x"),
    ],
)
def test_addresses_for_uploads_of_all_three_products(api: str, url: str) -> None:
    assert checked_upload_address(url, api) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://uploads.github.com/x",
        "https://uploads.github.com:8443/x",
        "https://evil.example/x",
        "https://pages.github.com/x",
        "https://raw.githubusercontent.com/x",
        "https://uploads.github.com.evil.example/x",
        "https://uploads.github.com./x",
        "https://uploads.github.com@evil.example/x",
        "https://evil.example\\@uploads.github.com/x",
        "https://uploads.github.com/x\r\nHost: evil.example",
        "https://upl\u043eads.github.com/x",
        "/repos/o/r/releases/1/assets",
        "//evil.example/x",
        "",
    ],
)
def test_addresses_for_uploads_that_are_given_no_token(url: str) -> None:
    with pytest.raises(RemoteError):
        checked_upload_address(url, "https://api.github.com")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder that counts as a project."""
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    return tmp_path / "tree"


@pytest.mark.parametrize("key", ["results", "schemas", "releases"])
@pytest.mark.parametrize(
    "folder", ["/etc", "..", "../other", "a/../../b", ".", "link", "link/deep", ".git", ".git/hooks", "loop"]
)
def test_a_settings_file_names_no_folder_out_of_the_tree(
    tree: Path, tmp_path: Path, key: str, folder: str
) -> None:
    (tmp_path / "outside").mkdir()
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "loop").symlink_to("loop")
    (tree / "pyproject.toml").write_text(f'[tool.obrelease]\n{key} = "{folder}"\n')
    with pytest.raises(UsageError, match=rf"`{key}` leads to .*not below the project's root") as refused:
        load({}, start=tree, environ={})
    assert f"OBRELEASE_{key.upper()}" in str(refused.value.hint)
    chosen = str(tmp_path / "outside")
    assert (
        getattr(load({}, start=tree, environ={f"OBRELEASE_{key.upper()}": chosen}), key)
        == tmp_path / "outside"
    )
    assert getattr(load({key: chosen}, start=tree, environ={}), key) == tmp_path / "outside"


@pytest.mark.parametrize("key", ["results", "schemas"])
@pytest.mark.parametrize("folder", [".git/obrelease", ".git/obrelease/releases", "sub/.git/x", ".GIT/x"])
def test_runs_and_schemas_are_in_no_git_folder(tree: Path, key: str, folder: str) -> None:
    (tree / "pyproject.toml").write_text(f'[tool.obrelease]\n{key} = "{folder}"\n')
    with pytest.raises(UsageError, match="is in a git folder"):
        load({}, start=tree, environ={})


@pytest.mark.parametrize("key", ["results", "schemas"])
def test_a_default_folder_that_is_a_link_out_of_the_tree_is_refused(
    tree: Path, tmp_path: Path, key: str
) -> None:
    (tree / key).symlink_to(tmp_path)
    with pytest.raises(UsageError, match=f"`{key}` leads to"):
        load({}, start=tree, environ={})


def test_folders_of_the_tree_are_accepted(tree: Path) -> None:
    (tree / "link").symlink_to("inner")
    (tree / "pyproject.toml").write_text(
        '[tool.obrelease]\nresults = "link/runs"\nreleases = ".git/obrelease/releases"\n'
    )
    found = load({}, start=tree, environ={})
    assert found.results == tree / "link" / "runs"


def test_a_folder_that_the_file_names_out_of_the_tree_hides_no_changes(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.obrelease]\nresults = "."\n')
    assert load({"results": "results"}, start=tree, environ={}).outputs_below(tree) == [
        "results",
        ".git/obrelease/releases",
    ]
