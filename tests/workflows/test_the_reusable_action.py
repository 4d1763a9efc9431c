"""The action that other projects use: its own blocks, run in a job of such a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.loopback_github.running import REPOSITORY, running
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import Project, git, make_project
from tests.workflows.runner import Event, Runner, StepFailed

ROOT: Final = Path(__file__).resolve().parents[2]
ACTION: Final = ROOT / ".github" / "actions" / "release" / "action.yml"
TAG: Final = "v0.9-beta"
INSTALL: Final = "Install obrelease as it stands beside this action"
POLICY: Final = """
format = "obrelease.release-policy"
version = 1
project = "demo"
require = ["bundle", "runs", "tag"]
"""
BESIDE: Final = f"""
environment="$(dirname "$(dirname "$(command -v python)")")"
ln -s "$environment" "$RUNNER_TEMP/obrelease"
echo "{ROOT}" > "$(echo "$environment"/lib/python*/site-packages)/beside.pth"
cat > "$environment/bin/obrelease" <<END
#!$environment/bin/python
from obrelease.cli.app import main
main()
END
chmod +x "$environment/bin/obrelease"
"""
"""In place of an install from an index: the program of this checkout, where the action would put it."""


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackGitHub]:
    with running(monkeypatch) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with committed runs and a policy, tagged with the digests of its bundle."""
    project = make_project(tmp_path)
    git(project.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    (project.root / ".github").mkdir()
    (project.root / ".github" / "release-policy.toml").write_text(POLICY)
    (project.results / ".gitignore").write_text(".index.sqlite*\n.staging/\n")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message=runs")
    git(project.root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    return project


def job(publish: str) -> dict[str, Any]:
    """A workflow of one job that checks out, and then does what the action does with these inputs."""
    action = yaml.safe_load(ACTION.read_text("utf-8"))
    given = {"publish": publish, "token": "${{ github.token }}", "python": "python"}
    inputs = {name: given.get(name, about.get("default", "")) for name, about in action["inputs"].items()}
    steps = [
        {"uses": "actions/checkout@0", "with": {"persist-credentials": False, "fetch-depth": 0}},
        {"uses": "actions/setup-python@0"},
    ]
    for step in action["runs"]["steps"]:
        condition = step.get("if")
        assert condition in {None, "inputs.publish == 'true'"}
        if condition and publish != "true":
            continue
        env = {key: _given(value, inputs) for key, value in step.get("env", {}).items()}
        steps.append({"name": step["name"], "run": step["run"], "env": env})
    return {"jobs": {"release": {"permissions": {"contents": "write"}, "steps": steps}}}


def _given(value: str, inputs: dict[str, str]) -> str:
    for name, given in inputs.items():
        value = value.replace(f"${{{{ inputs.{name} }}}}", given)
    return value


def runner(project: Project, github: LoopbackGitHub, folder: Path, publish: str) -> Runner:
    folder.mkdir()
    workflow = folder / "workflow.yml"
    workflow.write_text(yaml.safe_dump(job(publish)), "utf-8")
    event = Event(project.remote, TAG, REPOSITORY, github.api, TOKEN)
    (install,) = [s["run"] for s in job(publish)["jobs"]["release"]["steps"] if s.get("name") == INSTALL]
    made = Runner.of(workflow, event, folder / "runner", {install.strip(): BESIDE})
    return replace(made, action_path=ACTION.parent)


def tag(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from obrelease.cli.app import execute

    monkeypatch.chdir(project.root)
    monkeypatch.setenv("HOME", str(project.root.parent))
    assert execute(["tag", TAG, "--remote", "origin", "--quiet"]) == 0


@pytest.mark.parametrize("publish", ["true", "false"])
def test_it_validates_and_rebuilds_and_publishes_only_if_asked(
    project: Project,
    github: LoopbackGitHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    publish: str,
) -> None:
    tag(project, monkeypatch)
    runner(project, github, tmp_path / "job", publish).run()
    place = tmp_path / "job" / "runner" / "release"
    bundle = place / "temp" / "bundle"
    assert (place / "output").read_text() == f"bundle={bundle}\n"
    files = {path.name: path.read_bytes() for path in bundle.iterdir()}
    published = [
        {asset.name: asset.content for asset in release.assets}
        for release in github.repository.releases.values()
    ]
    assert published == ([files] if publish == "true" else [])


def test_it_refuses_a_tag_that_binds_nothing(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    git(project.root, "tag", "--annotate", "--message=by hand", TAG)
    git(project.root, "push", "--quiet", "origin", f"refs/tags/{TAG}")
    with pytest.raises(StepFailed, match="Rebuild the bundle"):
        runner(project, github, tmp_path / "job", "true").run()
    assert github.seen == []


def test_what_it_is_handed_never_becomes_a_part_of_a_command() -> None:
    for step in yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_it_installs_the_program_of_its_own_commit() -> None:
    (install, *_) = yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]
    assert (ACTION.parent / "../../.." / "pyproject.toml").is_file()
    assert (ACTION.parent / "../../.." / "constraints.txt").is_file()
    assert '"$GITHUB_ACTION_PATH/../../.."' in install["run"]
