"""Three projects of other people: from `init` to a release beside binaries, verified from a fresh clone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

import obrelease.remote.github as github_package
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.loopback_github.client import surroundings, without_waits
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import git

DATA = Path(__file__).resolve().parents[1] / "data" / "imports"
CARGO_BENCH = """
running 2 tests
test parse::tests::bench_parse ... bench:       1,234 ns/iter (+/- 56)
test print::tests::bench_print ... bench:         987 ns/iter (+/- 12)

test result: ok. 0 passed; 0 failed; 0 ignored; 2 measured; 0 filtered out; finished in 4.21s
"""
GO_BENCH = """goos: linux
goarch: amd64
pkg: example.com/mono/{package}
cpu: Some CPU @ 2.40GHz
BenchmarkParse-8   	 1000000	      {time} ns/op	     512 B/op	       3 allocs/op
BenchmarkParse-8   	 1000000	      {time} ns/op	     512 B/op	       3 allocs/op
PASS
ok  	example.com/mono/{package}	1.234s
"""


class Owner:
    """A person at the command line of a project, with a remote on the loopback GitHub."""

    def __init__(self, base: Path, github: LoopbackGitHub, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.remote, self.github, self.capsys = base / "work", base / "hosted.git", github, capsys
        git(base, "init", "--quiet", "--bare", "--initial-branch=main", "hosted.git")
        git(base, "init", "--quiet", "--initial-branch=main", "work")
        git(self.root, "remote", "add", "origin", f"https://localhost/{REPOSITORY}.git")
        github.repository.git = self.remote

    def commit(self, message: str) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", f"--message={message}")
        git(self.root, "push", "--quiet", str(self.remote), "HEAD:refs/heads/main")

    def run(self, *words: str) -> dict[str, Any]:
        self.capsys.readouterr()
        assert execute([*words, "--json"]) == ExitCode.OK, self.capsys.readouterr().err
        return dict(json.loads(self.capsys.readouterr().out))


@pytest.fixture
def owner(
    tmp_path: Path,
    github: LoopbackGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Owner:
    for name, value in surroundings(tmp_path, github.api).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(github_package, "RequestTiming", without_waits)
    made = Owner(tmp_path, github, capsys)
    address = f"https://localhost/{REPOSITORY}.git"
    (tmp_path / ".gitconfig").write_text(f'[url "{made.remote}"]\n\tinsteadOf = {address}\n')
    monkeypatch.chdir(made.root)
    return made


def verified_from_a_fresh_clone(
    owner: Owner, tag: str, monkeypatch: pytest.MonkeyPatch, *, below: str = "."
) -> dict[str, bool]:
    """A third party clones, and checks the public release against the tag."""
    clone = owner.root.parent / f"clone-of-{tag.replace('/', '-')}"
    git(owner.root.parent, "clone", "--quiet", "--branch", tag, str(owner.remote), str(clone))
    monkeypatch.chdir(clone / below)
    return {layer["name"]: layer["checked"] for layer in owner.run("verify", tag)["layers"]}


def by_cargo_dist(owner: Owner, tag: str) -> None:
    """What `gh release create`, which cargo-dist runs, sends."""
    headers = {"Authorization": f"token {TOKEN}"}
    base = f"{owner.github.api}/repos/{REPOSITORY}/releases"
    body = {"tag_name": tag, "name": tag, "body": "## Install\n", "draft": True, "prerelease": False}
    release = requests.post(base, json=body, headers=headers, timeout=10).json()
    upload = release["upload_url"].split("{")[0]
    kind = {**headers, "Content-Type": "application/octet-stream"}
    requests.post(upload, params={"name": "tool.tar.xz"}, data=b"binary", headers=kind, timeout=10)
    change = {"tag_name": tag, "draft": False}
    requests.patch(f"{base}/{release['id']}", json=change, headers=headers, timeout=10)


def test_a_rust_project_beside_cargo_dist(
    owner: Owner, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owner.root / "Cargo.toml").write_text('[package]\nname = "tool"\n')
    owner.run("init", "--beside", "cargo-dist", "--action", f"owner/obrelease@{'ab' * 20}")
    owner.commit("set up")
    shutil.copy(DATA / "hyperfine.json", owner.root.parent / "hyperfine.json")
    (owner.root.parent / "bench.txt").write_text(CARGO_BENCH)
    owner.run("import", str(owner.root.parent / "hyperfine.json"), str(owner.root.parent / "bench.txt"))
    owner.commit("measured")
    owner.run("tag", "v1.0.0", "--remote", "origin")
    by_cargo_dist(owner, "v1.0.0")
    github.seen.clear()
    assert owner.run("publish", "v1.0.0", "--join")["uploaded"] == "joined"
    assert len(github.seen) == 30
    (release,) = github.repository.releases.values()
    assert {"tool.tar.xz", "manifest.json", "SHA256SUMS", "work-v1.0.0.tar.gz"} == {
        asset.name for asset in release.assets
    }
    layers = verified_from_a_fresh_clone(owner, "v1.0.0", monkeypatch)
    assert (layers["tag"], layers["forge"], layers["coverage"]) == (True, True, False)


def test_a_go_repository_of_two_packages(
    owner: Owner, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owner.root / "go.mod").write_text("module example.com/mono\n")
    for name in ("alpha", "beta"):
        folder = owner.root / name
        folder.mkdir()
        (folder / "obrelease.toml").write_text(
            f'[tool.obrelease]\nproject = "{name}"\ntag = "{name}/v{{version}}"\nattach = ["dist/*"]\n'
        )
        (folder / ".gitignore").write_text("dist/\n")
        (folder / "dist").mkdir()
        (folder / "dist" / f"{name}-linux-amd64").write_bytes(b"ELF" + name.encode())
    for name, time_ns in (("alpha", 1234.5), ("beta", 99.5)):
        text = owner.root.parent / f"{name}.txt"
        text.write_text(GO_BENCH.format(package=name, time=time_ns))
        monkeypatch.chdir(owner.root / name)
        owner.run("import", str(text))
        (owner.root / name / "results" / ".gitignore").write_text("/.index.sqlite*\n/.staging/\n")
    owner.commit("measured")
    for tag in ("alpha/v1.0.0", "beta/v0.3.0-rc.1", "alpha/v1.1.0"):
        name = tag.partition("/")[0]
        monkeypatch.chdir(owner.root / name)
        github.seen.clear()
        done = owner.run("publish", tag)
        assert done["uploaded"] == "published"
        assert len(github.seen) == (56 if tag == "alpha/v1.1.0" else 44), (
            "the last one reads the release before"
        )
        assert f"{name}-linux-amd64" in [asset["name"] for asset in done["plan"]["assets"]]
        layers = verified_from_a_fresh_clone(owner, tag, monkeypatch, below=name)
        assert (layers["tag"], layers["forge"], layers["coverage"]) == (True, True, True)
    pages = {release.tag: release for release in github.repository.releases.values()}
    assert [pages[tag].prerelease for tag in pages] == [False, True, False]
    assert "**Against `alpha/v1.0.0`" in (pages["alpha/v1.1.0"].notes or "")
    assert "Against" not in (pages["beta/v0.3.0-rc.1"].notes or "")
    journals = owner.root / ".git" / "obrelease"
    assert sorted(path.parent.name for path in journals.glob("*/plan.json")) == [
        *("alpha~v1.0.0", "alpha~v1.1.0", "beta~v0.3.0-rc.1")
    ]


def test_a_python_library_with_its_wheel(
    owner: Owner, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owner.root / "pyproject.toml").write_text('[project]\nname = "Quick Lib"\nversion = "1.0"\n')
    (owner.root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0\n\n* First.\n")
    (owner.root / ".gitignore").write_text("dist/\n")
    owner.run("init", "--action", f"owner/obrelease@{'ab' * 20}")
    shutil.copy(DATA / "pytest_benchmark.json", owner.root.parent / "pytest_benchmark.json")
    owner.run("import", str(owner.root.parent / "pytest_benchmark.json"))
    owner.commit("measured")
    (owner.root / "dist").mkdir()
    wheel = owner.root / "dist" / "quick_lib-1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK\x05\x06" + bytes(18))
    github.seen.clear()
    words = ("publish", "1.0", "--attach", str(wheel), "--notes", "changelog", "--keep-draft")
    assert owner.run(*words)["uploaded"] == "draft"
    assert owner.run("publish", "1.0", "--resume")["uploaded"] == "published"
    assert len(github.seen) == 63
    (release,) = github.repository.releases.values()
    assert (release.notes or "").startswith("* First.\n")
    layers = verified_from_a_fresh_clone(owner, "1.0", monkeypatch)
    assert (layers["tag"], layers["forge"], layers["coverage"]) == (True, True, True)
