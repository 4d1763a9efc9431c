"""Attached files, releases of other tools that are joined, drafts that a person publishes, and own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import obrelease.remote.github as github_package
from obrelease.bundle import sha256sums
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.loopback_github.client import surroundings, without_waits
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"
WHEEL = b"PK\x05\x06" + bytes(18)
Answers = Callable[..., dict[str, Any]]


@pytest.fixture
def project(tmp_path: Path, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make_project(tmp_path)
    github.repository.git = made.remote
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(github_package, "RequestTiming", without_waits)
    for name, value in surroundings(tmp_path, github.api).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OBRELEASE_REMOTE", "origin")
    (made.root / "dist").mkdir()
    (made.root / "dist" / "demo-0.9-py3-none-any.whl").write_bytes(WHEEL)
    (made.root / "dist" / "sbom.cdx.json").write_bytes(b"{}\n")
    return made


@pytest.fixture
def answers(capsys: pytest.CaptureFixture[str]) -> Answers:
    def answers(*words: str, code: int = ExitCode.OK) -> dict[str, Any]:
        capsys.readouterr()
        assert execute([*words, "--json"]) == code, capsys.readouterr().err
        return dict(json.loads(capsys.readouterr().out))

    return answers


class OtherTool:
    """What another release tool sends to GitHub."""

    def __init__(self, github: LoopbackGitHub) -> None:
        self.github = github
        self.base = f"{github.api}/repos/{REPOSITORY}/releases"
        self.headers = {"Authorization": f"token {TOKEN}"}

    def create(self, **body: Any) -> dict[str, Any]:
        answer = requests.post(self.base, json={"tag_name": TAG, **body}, headers=self.headers, timeout=10)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def upload(self, release: dict[str, Any], name: str, content: bytes) -> None:
        address = release["upload_url"].split("{")[0]
        headers = {**self.headers, "Content-Type": "application/octet-stream"}
        answer = requests.post(address, params={"name": name}, data=content, headers=headers, timeout=10)
        assert answer.status_code == 201, answer.text

    def edit(self, release: dict[str, Any], **body: Any) -> None:
        address = f"{self.base}/{release['id']}"
        assert requests.patch(address, json=body, headers=self.headers, timeout=10).status_code == 200


def by_gh(tool: OtherTool) -> dict[str, Any]:
    """`gh release create TAG --title --notes FILES`: look by tag, draft, upload, publish."""
    looked = requests.get(f"{tool.base}/tags/{TAG}", headers=tool.headers, timeout=10)
    assert looked.status_code == 404
    release = tool.create(name="The beta", body="Words of gh.\n", draft=True, prerelease=True)
    tool.upload(release, "tool-linux-amd64", b"ELF")
    tool.edit(release, tag_name=TAG, draft=False)
    return release


def by_goreleaser(tool: OtherTool) -> dict[str, Any]:
    """goreleaser with `draft: true`, which leaves the draft: archives and checksums.txt."""
    looked = requests.get(f"{tool.base}/tags/{TAG}", headers=tool.headers, timeout=10)
    assert looked.status_code == 404
    release = tool.create(
        name=TAG, body="## Changelog\n* 1c9fa0b first\n", draft=True, prerelease=True, target_commitish="main"
    )
    tool.upload(release, "demo_0.9-beta_linux_amd64.tar.gz", b"archive")
    tool.upload(release, "checksums.txt", b"sums")
    return release


def by_cargo_dist(tool: OtherTool) -> dict[str, Any]:
    """cargo-dist calls `gh release create` with its artifacts and its manifest."""
    release = tool.create(name="v0.9-beta", body="## Install\n", draft=True, prerelease=True)
    for name in ("demo-x86_64-unknown-linux-gnu.tar.xz", "sha256.sum", "dist-manifest.json"):
        tool.upload(release, name, name.encode())
    tool.edit(release, tag_name=TAG, draft=False)
    return release


def by_release_please(tool: OtherTool) -> dict[str, Any]:
    """release-please with `draft: true`: no assets, and a body from its changelog."""
    return tool.create(name=f"demo: {TAG}", body="### Features\n\n* a thing\n", draft=True, prerelease=True)


def stored(github: LoopbackGitHub) -> dict[str, bytes]:
    (release,) = github.repository.releases.values()
    return {asset.name: asset.content for asset in release.assets}


@pytest.mark.parametrize("tool", [by_gh, by_goreleaser, by_cargo_dist, by_release_please])
def test_a_release_of_another_tool_takes_our_assets_and_keeps_its_own(
    project: Project,
    github: LoopbackGitHub,
    answers: Answers,
    tool: Callable[[OtherTool], dict[str, Any]],
) -> None:
    answers("tag", TAG)
    made = tool(OtherTool(github))
    theirs = stored(github)
    (release,) = github.repository.releases.values()
    state, title, words = release.draft, release.title, release.notes or ""
    done = answers("publish", TAG, "--join")
    assert done["uploaded"] == "joined"
    assert (release.draft, release.title, release.id) == (state, title, made["id"])
    assert (release.notes or "").startswith(words.rstrip())
    assert "<!-- obrelease: joined -->" in (release.notes or "")
    assert theirs.items() <= stored(github).items()
    assert len(stored(github)) == len(theirs) + 5
    written = github.count("POST", "/") + github.count("PATCH", "/")
    assert answers("publish", TAG, "--join")["uploaded"] == "joined"
    assert github.count("POST", "/") + github.count("PATCH", "/") == written, "a second run writes nothing"
    OtherTool(github).edit(made, tag_name=TAG, draft=False)
    verified = answers("verify", TAG)
    coverage = next(layer for layer in verified["layers"] if layer["name"] == "coverage")
    assert coverage["checked"] == (theirs == {})
    assert all(name in coverage["detail"] for name in theirs)
    assert next(layer for layer in verified["layers"] if layer["name"] == "tag")["checked"]


def test_a_policy_can_demand_that_there_are_no_other_files(
    project: Project, github: LoopbackGitHub, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("publish", TAG)
    policy = project.root / "policy.toml"
    policy.write_text(
        'format = "obrelease.release-policy"\nversion = 1\nproject = "demo"\nrequire = ["sums", "coverage"]\n'
    )
    answers("verify", TAG, "--policy", str(policy))
    tool = OtherTool(github)
    (release,) = github.repository.releases.values()
    tool.upload(github.repository.release_document(release, "localhost"), "late.whl", WHEEL)
    answers("verify", TAG)
    capsys.readouterr()
    assert execute(["verify", TAG, "--policy", str(policy)]) == ExitCode.CHECK_FAILED
    assert "coverage (1 other file not covered: late.whl)" in capsys.readouterr().err


def test_files_of_the_names_of_ours_are_never_replaced(
    project: Project, github: LoopbackGitHub, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("tag", TAG)
    tool = OtherTool(github)
    tool.upload(tool.create(name="x", body="", draft=True, prerelease=True), "SHA256SUMS", b"theirs")
    posts = github.count("POST", "/")
    assert execute(["publish", TAG, "--join"]) == ExitCode.CONFLICT
    assert "other files of the names SHA256SUMS" in capsys.readouterr().err
    assert github.count("POST", "/") == posts
    assert stored(github) == {"SHA256SUMS": b"theirs"}


def test_there_must_be_something_to_join(
    project: Project, github: LoopbackGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["publish", TAG, "--join"]) == ExitCode.NOT_FOUND
    assert "to join" in capsys.readouterr().err
    assert git(project.root, "tag", "--list") == ""


def test_an_immutable_release_is_joined_as_a_draft_or_not_at_all(
    project: Project, github: LoopbackGitHub, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("tag", TAG)
    github.repository.makes_immutable = True
    tool = OtherTool(github)
    made = by_goreleaser(tool)
    tool.edit(made, tag_name=TAG, draft=False)
    assert execute(["publish", TAG, "--join"]) == ExitCode.CONFLICT
    assert "immutable: nothing can be added" in capsys.readouterr().err


def test_attached_files_are_listed_signed_for_and_verified(
    project: Project, github: LoopbackGitHub, answers: Answers, tmp_path: Path
) -> None:
    files = sorted((project.root / "dist").iterdir())
    words = [word for file in files for word in ("--attach", str(file))]
    answers("tag", TAG, *words)
    answers("publish", TAG, *words)
    kept = stored(github)
    manifest = json.loads(kept["manifest.json"])
    assert manifest["version"] == 2
    assert [file["name"] for file in manifest["attachments"]] == [file.name for file in files]
    sums = sha256sums.parse(kept["SHA256SUMS"], "SHA256SUMS")
    assert {file.name for file in files} <= sums.keys()
    assert kept[files[0].name] == WHEEL
    assert all(layer["checked"] for layer in answers("verify", TAG)["layers"] if layer["name"] == "coverage")
    (release,) = github.repository.releases.values()
    asset = next(asset for asset in release.assets if asset.name == files[0].name)
    asset.content = b"X" + asset.content[1:]
    assert execute(["verify", TAG]) == ExitCode.INTEGRITY


def test_patterns_of_the_settings_attach_files_of_the_tree_alone(
    project: Project, github: LoopbackGitHub, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = project.root / "pyproject.toml"
    before = settings.read_text()
    settings.write_text(before + 'attach = ["dist/*.whl"]\n')
    project.commit("settings")
    done = answers("publish", TAG)
    assert "demo-0.9-py3-none-any.whl" in [asset["name"] for asset in done["plan"]["assets"]]
    for pattern, code in (
        ("dist/*.zip", ExitCode.NOT_FOUND),
        ("../*", ExitCode.USAGE),
        ("/etc/passwd", ExitCode.USAGE),
    ):
        settings.write_text(before + f'attach = ["{pattern}"]\n')
        assert execute(["publish", "v1", "--dry-run"]) == code, pattern
        assert "attach" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("manifest.json", b"{}", "a release has a file of this name itself"),
        ("empty.bin", b"", "is empty"),
        ("a+b.whl", b"x", "cannot be an asset"),
        ("ä.bin", b"x", "cannot be an asset"),
    ],
)
def test_files_that_cannot_be_assets_are_refused_before_anything_is_done(
    project: Project,
    github: LoopbackGitHub,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    said: str,
) -> None:
    file = project.root / "dist" / name
    file.write_bytes(content)
    assert execute(["publish", TAG, "--attach", str(file)]) == ExitCode.INVALID_INPUT
    assert said in capsys.readouterr().err
    assert github.repository.releases == {}


def test_a_draft_is_kept_for_a_person_and_resume_publishes_it(
    project: Project, github: LoopbackGitHub, answers: Answers
) -> None:
    kept = answers("publish", TAG, "--keep-draft")
    (release,) = github.repository.releases.values()
    assert (kept["uploaded"], release.draft, len(release.assets)) == ("draft", True, 5)
    assert kept["plan"]["steps"][-1]["state"] == "skipped"
    release.notes = "A person's words.\n\n" + (release.notes or "")
    done = answers("publish", TAG, "--resume")
    assert (done["uploaded"], release.draft) == ("published", False)
    assert (release.notes or "").startswith("A person's words.")
    answers("verify", TAG)


CHANGELOG = """# Changelog

## [1.0] - 2026-01-01

Later.

## [0.9-beta] - 2025-12-01

### Added

* A thing.

## 0.8

Old.
"""


def test_a_section_of_the_changelog_comes_first(
    project: Project, github: LoopbackGitHub, answers: Answers
) -> None:
    (project.root / "CHANGELOG.md").write_text(CHANGELOG)
    project.commit("changelog")
    answers("publish", TAG, "--notes", "changelog")
    (release,) = github.repository.releases.values()
    assert (release.notes or "").startswith("### Added\n\n* A thing.\n\n")
    answers("verify", TAG)


def test_commits_are_grouped_and_inert(project: Project, github: LoopbackGitHub, answers: Answers) -> None:
    for subject in ("feat(core)!: drop <b>it</b> @octocat", "fix: a leak", "chore: nothing", "Plain words"):
        git(project.root, "commit", "--quiet", "--allow-empty", f"--message={subject}")
    answers("publish", TAG, "--notes", "commits")
    page = next(iter(github.repository.releases.values())).notes or ""
    assert page.index("### Breaking changes") < page.index("### Fixes") < page.index("### Other changes")
    assert "* core: drop &#60;b&#62;it&#60;/b&#62; &#64;octocat (" in page
    assert "@octocat" not in page
    assert "1 commit of maintenance." in page
    answers("verify", TAG)


def test_a_changelog_without_the_version_is_an_error(
    project: Project, github: LoopbackGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "CHANGELOG.md").write_text("# Changelog\n\n## 0.8\n")
    project.commit("changelog")
    assert execute(["publish", TAG, "--notes", "changelog"]) == ExitCode.NOT_FOUND
    assert "no heading names v0.9-beta" in capsys.readouterr().err
    assert github.repository.releases == {}


def test_a_generator_runs_only_if_the_user_names_it(
    project: Project,
    github: LoopbackGitHub,
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = project.root / "pyproject.toml"
    before = settings.read_text()
    settings.write_text(before + 'notes = "git-cliff"\n')
    assert execute(["publish", TAG, "--dry-run"]) == ExitCode.USAGE
    assert "names a program" in capsys.readouterr().err
    settings.write_text(before)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git-cliff").write_text('#!/bin/sh\necho "### By git-cliff"; echo "$@"\n')
    (programs / "git-cliff").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{surroundings(tmp_path, github.api)['PATH']}")
    answers("publish", TAG, "--notes", "git-cliff")
    page = next(iter(github.repository.releases.values())).notes or ""
    assert page.startswith(f"### By git-cliff\n--strip all --unreleased --tag {TAG}\n")
