"""The release commands as a user types them: exit codes, JSON on stdout alone, files in their places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("RESULTS", "FORGE", "RELEASES", "REMOTE", "REPOSITORY", "PROJECT", "SCHEMAS", "TOKEN"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY", "GITHUB_API_URL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    project = make_project(tmp_path)
    monkeypatch.chdir(project.root)
    return project


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = execute(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, err = run(capsys, *arguments, "--json", "--quiet")
    assert code == 0, err
    doubts = [
        line for line in err.splitlines() if line.startswith("warning: 2 of 2 runs do not name the commit")
    ]
    assert err.splitlines() == doubts
    data = json.loads(out)
    assert isinstance(data, dict)
    return data


def test_dry_run_publish_repeat_verify(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    planned = answer(capsys, "publish", TAG, "--dry-run")
    assert (
        planned["dry_run"],
        planned["tagged"],
        planned["uploaded"],
        planned["url"],
    ) == (
        True,
        None,
        None,
        None,
    )
    states = {step["name"]: (step["state"], step["reason"]) for step in planned["plan"]["steps"]}
    assert states["pack"] == ("done", "")
    assert states["tag"] == states["upload"] == ("skipped", "dry run")
    assert not project.releases.exists()
    assert git(project.root, "tag", "--list") == ""

    made = answer(capsys, "publish", TAG)
    assert (made["tagged"], made["uploaded"]) == ("created", "published")
    assert made["plan"]["assets"] == planned["plan"]["assets"]
    again = answer(capsys, "publish", TAG)
    assert (again["tagged"], again["uploaded"]) == ("present", "already published")

    checked = answer(capsys, "verify", TAG)
    assert checked["manifest_sha256"] == made["manifest_sha256"]
    assert [layer["name"] for layer in checked["layers"] if layer["checked"]] == [
        *("sums", "manifest", "bundle", "members", "runs", "notes", "pictures", "coverage", "forge", "tag")
    ]


def test_bundle_and_verify_a_folder(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = answer(capsys, "bundle", TAG)
    folder = project.root / "dist" / f"demo-{TAG}"
    assert made["output"] == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        asset["name"] for asset in made["plan"]["assets"]
    )
    assert answer(capsys, "bundle", TAG)["bundle_sha256"] == made["bundle_sha256"]
    assert answer(capsys, "bundle", TAG, "--output", str(tmp_path / "o"))["tar_sha256"] == made["tar_sha256"]
    checked = answer(capsys, "verify", f"dist/demo-{TAG}")
    assert {layer["name"]: layer["checked"] for layer in checked["layers"]}["tag"] is False
    assert answer(capsys, "publish", TAG)["bundle_sha256"] == made["bundle_sha256"]

    (folder / "stray").write_text("x")
    found = {layer["name"]: layer for layer in answer(capsys, "verify", f"dist/demo-{TAG}")["layers"]}
    assert found["coverage"] == {
        "name": "coverage",
        "checked": False,
        "detail": "1 other file not covered: stray",
    }
    assert run(capsys, "bundle", TAG)[0] == ExitCode.CONFLICT


def test_tag_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    made = answer(capsys, "tag", TAG, "--remote", "origin")
    assert made["tagged"] == "created"
    assert made["uploaded"] is None
    assert project.remote_tag(TAG) == project.head()
    assert answer(capsys, "tag", TAG, "--remote", "origin")["tagged"] == "present"
    assert run(capsys, "verify", TAG)[0] == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("publish", "v1;id"), ExitCode.USAGE, "not a version"),
        (("publish", "HEAD"), ExitCode.USAGE, "not a version"),
        (("tag", "v1-x.lock"), ExitCode.USAGE, ".lock"),
        (("bundle", "--", "-v1"), ExitCode.USAGE, "not a version"),
        (("verify", "$(id)"), ExitCode.USAGE, "not a version"),
        (("publish", TAG, "--forge", "elsewhere"), ExitCode.USAGE, "unknown forge"),
        (("publish", TAG, "--forge", "github"), ExitCode.USAGE, "needs a repository"),
        (("publish", TAG, "--run", "00000000"), ExitCode.NOT_FOUND, "00000000"),
        (("publish", TAG, "--remote", "nowhere"), ExitCode.NOT_FOUND, "nowhere"),
        (("publish", TAG, "--results", "empty"), ExitCode.NOT_FOUND, "no results folder"),
        (("verify", TAG), ExitCode.NOT_FOUND, "there is no release"),
        (("verify", "./absent"), ExitCode.NOT_FOUND, "cannot be listed: No such file"),
        (("verify", "."), ExitCode.INTEGRITY, "not a regular file"),
    ],
)
@pytest.mark.usefixtures("project")
def test_errors_have_their_exit_code_and_their_words(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert said in err
    assert err.startswith("error: ")
    assert "hint: " in err


def test_github_without_a_token_names_the_variables(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBRELEASE_REPOSITORY", "octocat/demo")
    code, _, err = run(capsys, "publish", TAG, "--forge", "github")
    assert code == ExitCode.USAGE
    assert "GITHUB_TOKEN" in err


def test_people_get_a_table_with_every_step_and_digest(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "publish", TAG, "-v")
    assert code == 0
    assert f"{TAG}: 2 runs" in out
    assert out.partition("\n")[0].endswith(f"at commit {project.head()}")
    for word in ("preflight", "upload", "SHA256SUMS", "manifest.json", f"demo-{TAG}.tar.gz"):
        assert word in out
