"""`obrelease verify TAG` in a repository: the tag must have the digests, and the page the contents."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    made = make_project(tmp_path)
    monkeypatch.chdir(made.root)
    assert execute(["publish", TAG]) == ExitCode.OK
    capsys.readouterr()
    return made


def change_page(project: Project, name: str, value: object) -> None:
    path = project.releases / TAG / "release.json"
    document = json.loads(path.read_text())
    assert document[name] != value
    path.write_text(json.dumps(document | {name: value}))


def test_the_last_line_names_the_layers_that_were_not_checked(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["verify", TAG]) == ExitCode.OK
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(
        "; not checked: origin, tag-signature, sums-signature, provenance, attestation, sigstore"
    )


@pytest.mark.parametrize(
    ("how", "said"),
    [(None, "has no tag"), ((), "has no digests"), (("--annotate", "--message=x"), "has no digests")],
    ids=["missing", "lightweight", "without digests"],
)
def test_a_tag_without_the_digests_fails_in_a_repository(
    project: Project, capsys: pytest.CaptureFixture[str], how: tuple[str, ...] | None, said: str
) -> None:
    git(project.root, "tag", "--delete", TAG)
    if how is not None:
        git(project.root, "tag", *how, TAG)
    assert execute(["verify", TAG]) == ExitCode.INTEGRITY
    err = capsys.readouterr().err
    assert f"no tag confirms {TAG}" in err
    assert said in err


def test_a_release_of_another_project_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = project.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('project = "demo"', 'project = "other"'))
    assert execute(["verify", TAG]) == ExitCode.INTEGRITY
    assert "the repository is of other" in capsys.readouterr().err


def test_a_policy_may_do_without_the_tag_and_so_does_a_folder(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(project.root, "tag", "--delete", TAG)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'format = "obrelease.release-policy"\nversion = 1\nproject = "demo"\nrequire = ["runs"]\n'
    )
    assert execute(["verify", TAG, "--policy", str(policy)]) == ExitCode.OK
    assert "not checked: origin, tag, " in capsys.readouterr().out
    shutil.copytree(project.releases / TAG / "assets", tmp_path / "files")
    assert execute(["verify", str(tmp_path / "files")]) == ExitCode.OK
    assert "not checked: origin, tag, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("title", "demo v9", "its title is 'demo v9'"),
        ("notes", "a hundred times faster", "does not have the bundle's NOTES.md"),
        ("commit", "cd" * 20, "it names the commit"),
        ("prerelease", False, "prerelease=False"),
    ],
)
def test_an_edited_page_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], name: str, value: object, said: str
) -> None:
    change_page(project, name, value)
    assert execute(["verify", TAG]) == ExitCode.INTEGRITY
    assert said in capsys.readouterr().err


def test_what_is_wrong_is_named_by_release_and_asset_with_both_digests(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = project.releases / TAG / "assets" / "SHA256SUMS"
    lines = sums.read_text().splitlines()
    true = next(line for line in lines if line.endswith(".svg")).split("  ")[0]
    sums.write_text(sums.read_text().replace(true, "0" * 64))
    assert execute(["verify", TAG]) == ExitCode.INTEGRITY
    err = capsys.readouterr().err
    assert re.search(rf"directory {TAG}: SHA256SUMS: .*\.svg' \(0{{64}}, the file has {true}\)", err)
    assert "/assets" not in err
    assert "scratch" not in err
