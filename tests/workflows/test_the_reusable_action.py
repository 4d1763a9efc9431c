"""The action that other projects use: its own blocks, run in a job of such a project."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from obrelease.errors import ExitCode
from obrelease.models.artefact import Artefact, own_series
from obrelease.registry.store import Registry
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.program import ROOT, START
from tests.unit.release.project import Project, git, make_project, run_of
from tests.workflows.runner import Event, Runner, StepFailed

ACTION: Final = ROOT / ".github" / "actions" / "release" / "action.yml"
TAG: Final = "v0.9-beta"
GATE: Final = "Compare with the previous release"
INSTALL: Final = "Install obrelease from the checkout of this action"
POLICY: Final = """
format = "obrelease.release-policy"
version = 1
project = "demo"
require = ["bundle", "runs", "tag"]
"""
GATE_POLICY: Final = """
format = "obrelease.gate-policy"
version = 1
resamples = 500
[[metric]]
name = "throughput"
"""
BESIDE: Final = f"""
environment="$(dirname "$(dirname "$(command -v python)")")"
ln -s "$environment" "$RUNNER_TEMP/obrelease"
echo "{ROOT}" > "$(echo "$environment"/lib/python*/site-packages)/beside.pth"
cat > "$environment/bin/obrelease" <<END
#!$environment/bin/python
{START}
END
chmod +x "$environment/bin/obrelease"
"""
"""In place of an install from an index: the program of this checkout, where the action would put it."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with committed runs and a policy, tagged with the digests of its bundle."""
    project = make_project(tmp_path)
    git(project.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    (project.root / ".github").mkdir()
    (project.root / ".github" / "release-policy.toml").write_text(POLICY)
    (project.results / ".gitignore").write_text(".index.sqlite*\n.staging/\n")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=runs")
    git(project.root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    return project


def job(**asked: str) -> dict[str, Any]:
    """A workflow of one job that checks out, and then does what the action does with these inputs."""
    given = {"token": "${{ github.token }}", "python": "python"} | {
        name.replace("_", "-"): value for name, value in asked.items()
    }
    steps = [
        {"uses": "actions/checkout@0", "with": {"persist-credentials": False, "fetch-depth": 0}},
        {"uses": "actions/setup-python@0"},
        *action_steps(given),
    ]
    return {"jobs": {"release": {"permissions": {"contents": "write"}, "steps": steps}}}


def action_steps(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps that the action does with these inputs, as steps of a job."""
    action = yaml.safe_load(ACTION.read_text("utf-8"))
    assert given.keys() <= action["inputs"].keys()
    inputs = {name: given.get(name, about.get("default", "")) for name, about in action["inputs"].items()}
    steps = []
    wanted = {
        None: True,
        "inputs.publish == 'true'": inputs["publish"] == "true",
        "inputs.gate-policy != '' && inputs.create-tag != 'check'": (
            inputs["gate-policy"] != "" and inputs["create-tag"] != "check"
        ),
        "inputs.create-tag == 'true'": inputs["create-tag"] == "true",
        "inputs.create-tag == 'check'": inputs["create-tag"] == "check",
        "inputs.create-tag != 'check'": inputs["create-tag"] != "check",
        "inputs.attestation != ''": inputs["attestation"] != "",
    }
    for step in action["runs"]["steps"]:
        if not wanted[step.get("if")]:
            continue
        env = {key: _given(value, inputs) for key, value in step.get("env", {}).items()}
        identity = {"id": step["id"]} if "id" in step else {}
        steps.append({"name": step["name"], "run": step["run"], "env": env, **identity})
    return steps


def _given(value: str, inputs: dict[str, str]) -> str:
    for name, given in inputs.items():
        value = value.replace(f"${{{{ inputs.{name} }}}}", given)
    return value


def runner(project: Project, github: LoopbackGitHub, folder: Path, **asked: str) -> Runner:
    folder.mkdir()
    workflow = folder / "workflow.yml"
    workflow.write_text(yaml.safe_dump(job(**asked)), "utf-8")
    github.repository.git = project.remote
    event = Event(project.remote, TAG, REPOSITORY, github.api, TOKEN)
    (install,) = [s["run"] for s in job()["jobs"]["release"]["steps"] if s.get("name") == INSTALL]
    made = Runner.of(workflow, event, folder / "runner", {install.strip(): BESIDE})
    return replace(made, action_path=ACTION.parent)


def tag(project: Project, monkeypatch: pytest.MonkeyPatch, name: str = TAG) -> None:
    from obrelease.cli.app import execute

    monkeypatch.chdir(project.root)
    monkeypatch.setenv("HOME", str(project.root.parent))
    assert execute(["tag", name, "--remote", "origin", "--quiet"]) == 0


@pytest.mark.parametrize("publish", ["true", "false"])
def test_it_validates_and_rebuilds_and_publishes_only_if_asked(
    project: Project,
    github: LoopbackGitHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    publish: str,
) -> None:
    tag(project, monkeypatch)
    runner(project, github, tmp_path / "job", publish=publish).run()
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
        runner(project, github, tmp_path / "job", publish="true").run()
    assert github.seen == []


def commit_runs(project: Project, *, slower: float, since: int) -> None:
    """Six runs of one scenario in the place of those before, with a policy that looks at their speed."""
    shutil.rmtree(project.results / "bench", ignore_errors=True)
    for number in range(6):
        walls = tuple(int(1_000_000 * slower * (1 + 0.0001 * number) * part) for part in (0.999, 1, 1.001))
        series = (own_series("pass-wall", "ns", walls),)
        created = str(1_700_000_000_000_000_000 + since + number)
        run = {**dict(run_of("baseline", 42)), "created_ns": created, "metrics": series}
        Registry(project.results).record(Artefact(**run), ())
    (project.root / ".github" / "gate-policy.toml").write_text(GATE_POLICY)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message=runs that are measured anew")
    git(project.root, "push", "--quiet", "origin", "HEAD:refs/heads/main")


@pytest.mark.parametrize("token", ["${{ github.token }}", ""], ids=["token", "no token"])
def test_its_gate_refuses_what_is_slower(
    project: Project, github: LoopbackGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    commit_runs(project, slower=1.0, since=0)
    tag(project, monkeypatch, "v0.8")
    commit_runs(project, slower=1.2, since=100)
    tag(project, monkeypatch)
    asked = {"gate_policy": ".github/gate-policy.toml", "publish": "true", "token": token}
    with pytest.raises(StepFailed, match=r"throughput: worse, ratio 0\.833") as failed:
        runner(project, github, tmp_path / "job", **asked).run()
    assert (failed.value.step, failed.value.code) == (GATE, ExitCode.CHECK_FAILED)
    assert github.repository.releases == {}


def test_an_inconclusive_gate_passes(
    project: Project, github: LoopbackGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second release holds the very runs of the first: nobody can say that it is slower."""
    commit_runs(project, slower=1.0, since=0)
    tag(project, monkeypatch, "v0.8")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=nothing was measured")
    git(project.root, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    tag(project, monkeypatch)
    asked = {"gate_policy": ".github/gate-policy.toml", "publish": "true"}
    runner(project, github, tmp_path / "job", **asked).run()
    (release,) = github.repository.releases.values()
    assert (release.tag, release.draft) == (TAG, False)


def test_a_gate_without_a_policy_file_stops(
    project: Project, github: LoopbackGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(project, monkeypatch)
    with pytest.raises(StepFailed, match=r"absent\.toml") as failed:
        runner(project, github, tmp_path / "job", gate_policy="absent.toml", publish="true").run()
    assert (failed.value.step, failed.value.code) == (GATE, ExitCode.USAGE)
    assert github.repository.releases == {}


def test_what_it_is_handed_never_becomes_a_part_of_a_command() -> None:
    for step in yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_it_installs_the_program_of_its_own_commit() -> None:
    (install, *_) = yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]
    assert (ACTION.parent / "../../.." / "pyproject.toml").is_file()
    script = ACTION.parent / "../../../scripts/install_checkout.sh"
    assert script.is_file()
    assert (
        '"$GITHUB_ACTION_PATH/../../../scripts/install_checkout.sh" "$RUNNER_TEMP/obrelease"'
        in install["run"]
    )
