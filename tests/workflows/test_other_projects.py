"""A project of another language, from `obrelease init` to a published release, without the bundled engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from obrelease.models.artefact import Artefact, Producer, own_series
from obrelease.registry.store import Registry
from obrelease.release.init_project import WORKFLOW
from obrelease.storage.durable import NewFile
from tests.drafts import draft
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.program import ROOT, START, import_path
from tests.unit.release.project import git
from tests.workflows.runner import DOWNLOADED, GH_DOWNLOAD, Event, Runner
from tests.workflows.test_the_reusable_action import ACTION, INSTALL, action_steps

TAG: Final = "v1.2"
NO_ENGINE: Final = f"import sys; sys.modules['obengine'] = None; {START}"
RELEASE_ACTION: Final = f"owner/obrelease@{'a1' * 20}"
DOWNLOAD: Final = GH_DOWNLOAD.replace("/bundle/", "/published/")


@dataclass(frozen=True, slots=True)
class Project:
    """A repository of another language, and the remote that it is pushed to."""

    root: Path
    remote: Path

    def obrelease(self, *arguments: str) -> dict[str, Any]:
        """Run a command where there is no engine; its answer."""
        hidden = ("OBRELEASE_", "GITHUB_", "GH_", "GIT_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        environment |= {"PYTHONPATH": import_path(ROOT), "HOME": str(self.root.parent)}
        done = subprocess.run(
            [sys.executable, "-c", NO_ENGINE, *arguments, "--json", "--quiet"],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        unnamed = r"(warning: 1 of 1 runs do not name the commit that they measured: [0-9a-f]{12}\n)?"
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(unnamed, done.stderr), done.stderr
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict)
        return answer

    def commit(self, message: str) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", f"--message={message}")
        git(self.root, "push", "--quiet", "origin", "HEAD:refs/heads/main")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small Rust project with a folder of its own schemas."""
    project = Project(tmp_path / "fastsort", tmp_path / "remote.git")
    project.root.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", str(project.remote))
    git(project.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(project.root, "init", "--quiet", "--initial-branch=main")
    git(project.root, "remote", "add", "origin", str(project.remote))
    (project.root / "Cargo.toml").write_text('[package]\nname = "fastsort"\n')
    (project.root / "schemas").mkdir()
    (project.root / "schemas" / "config.schema.json").write_text('{"$id": "https://example.org/config"}')
    project.commit("a project")
    return project


def record(project: Project) -> str:
    """Keep a result of another tool: no core, no workload, its own file and picture beside it."""
    artefact: Artefact = draft(
        kind="imported",
        scenario="sort-10k",
        command=("cargo", "bench", "--", "sort-10k"),
        producer=Producer(name="criterion", version="0.5"),
        parameters={},
        workload=None,
        outcome=None,
        metrics=(own_series("sort", "ns", (1200, 1000, 1100.5)),),
    )
    files = [
        NewFile("estimates.json", "application/json", b"{}\n"),
        NewFile("sort.svg", "image/svg+xml", b"<svg/>\n"),
    ]
    return Registry(project.root / "results").record(artefact, files).digest


def test_from_init_to_a_release_in_a_folder(project: Project) -> None:
    made = project.obrelease("init", "--action", RELEASE_ACTION)
    assert made["action"] == RELEASE_ACTION
    assert {file["state"] for file in made["files"]} == {"new"}
    digest = record(project)
    project.commit("benchmarks")
    assert project.obrelease("validate")
    planned = project.obrelease("publish", TAG, "--dry-run")
    published = project.obrelease("publish", TAG, "--remote", "origin")
    assert published["bundle_sha256"] == planned["bundle_sha256"]
    assert published["plan"]["runs"] == [digest]
    verified = project.obrelease("verify", TAG, "--policy", ".github/release-policy.toml")
    assert {layer["name"]: layer["checked"] for layer in verified["layers"]}["tag"] is True
    release = project.root / ".git" / "obrelease" / "releases" / TAG
    assert {path.name for path in (release / "assets").iterdir()} == {
        *("SHA256SUMS", "manifest.json", f"fastsort-{TAG}.tar.gz", f"imported-sort-10k-{digest[:12]}.svg")
    }
    notes = json.loads((release / "release.json").read_text())["notes"]
    assert "| `sort-10k` | `sort` | 1.101 us | `median` | 3 |" in notes
    assert "cargo bench -- sort-10k" in notes
    assert set(project.obrelease("init")["files"][0]) == {"path", "state"}
    assert git(project.root, "status", "--porcelain") == ""


def test_the_written_workflow_runs_from_the_tag_to_the_release(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    """Every step as `init` and the action have it; the program comes from a wheel without its engine."""
    project.obrelease("init", "--action", RELEASE_ACTION)
    record(project)
    project.commit("benchmarks")
    made = project.obrelease("tag", TAG, "--remote", "origin")
    wheels = wheel_without_engine(tmp_path)
    github.repository.git = project.remote
    event = Event(project.remote, TAG, REPOSITORY, github.api, TOKEN)
    workflow = project.root / WORKFLOW
    install = (
        f"python -m pip install --quiet --no-deps {wheels}/*.whl\n"
        'ln -s "$(dirname "$(dirname "$(command -v python)")")" "$RUNNER_TEMP/obrelease"'
    )
    substitutes = {install_block(): install, DOWNLOAD: DOWNLOADED.replace("/bundle/", "/published/")}
    with_steps = tmp_path / workflow.name
    with_steps.write_text(yaml.safe_dump(in_place_of_the_action(workflow)), "utf-8")
    made_runner = Runner.of(with_steps, event, tmp_path / "runner", substitutes)
    runner = replace(made_runner, action_path=ACTION.parent)
    for name in runner.order():
        before = len(github.seen)
        runner.run_job(name)
        written = {seen.method for seen in github.seen[before:]} - {"GET"}
        assert written == ({"POST", "PATCH"} if name == "publish" else set()), name
    (release,) = github.repository.releases.values()
    assert (release.tag, release.draft, release.prerelease) == (TAG, False, False)
    assert {asset.name for asset in release.assets} == {asset["name"] for asset in made["plan"]["assets"]}
    assert {asset.name for asset in release.assets} == set(runner.attested)


def in_place_of_the_action(path: Path) -> dict[str, Any]:
    """The workflow with the action's own steps in place of each step that uses it."""
    workflow: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    repository, _, commit = RELEASE_ACTION.partition("@")
    replaced = 0
    for job in workflow["jobs"].values():
        steps = []
        for step in job["steps"]:
            if step.get("uses") != f"{repository}/.github/actions/release@{commit}":
                steps.append(step)
                continue
            replaced += 1
            steps += action_steps({"python": "python", "tag": "${{ github.ref_name }}", **step["with"]})
        job["steps"] = steps
    assert replaced == 3
    return workflow


def install_block() -> str:
    """The action's block that installs the program."""
    (block,) = (step["run"] for step in action_steps({}) if step["name"] == INSTALL)
    return str(block).strip()


def wheel_without_engine(tmp_path: Path) -> Path:
    """The folder of a wheel of this project from which the engine's package was left out."""
    source, wheels = tmp_path / "source", tmp_path / "wheels"
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", ":!results")
    for name in listed.splitlines():
        if (ROOT / name).is_file() and not name.startswith("engine/obengine/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    settings = source / "pyproject.toml"
    whole = settings.read_text("utf-8")
    assert ', "engine/obengine"]' in whole
    settings.write_text(whole.replace(', "engine/obengine"]', "]"), "utf-8")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "OBENGINE_NO_NATIVE": "1"}
    subprocess.run([*pip, "--wheel-dir", str(wheels), str(source)], check=True, env=environment)
    return wheels
