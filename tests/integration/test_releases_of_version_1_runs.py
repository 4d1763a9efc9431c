"""Runs of artefact version 1 are released, verified and listed with those of version 2; their bytes stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft, record_version_1, version_1_draft
from tests.unit.release.project import Project, make_project

TAG = "v0.9-beta"


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Project, Path]:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    project = make_project(tmp_path)
    envelope = version_1_draft(scenario="x100", command=command_of(draft(scenario="x100")))
    folder = record_version_1(project.results, envelope, [])
    project.commit("a run of version 1")
    monkeypatch.chdir(project.root)
    assert execute(["publish", TAG]) == ExitCode.OK
    return project, folder


def test_a_release_with_a_run_of_version_1_verifies_and_keeps_its_bytes(
    released: tuple[Project, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = released
    data = (folder / "artefact.json").read_bytes()
    assert json.loads(data)["version"] == 1
    capsys.readouterr()
    assert execute(["verify", TAG, "--json"]) == ExitCode.OK
    layers = {layer["name"]: layer["checked"] for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert layers["runs"] is layers["members"] is layers["notes"] is True
    assert execute(["list", "--json"]) == ExitCode.OK
    digests = {run["digest"] for run in json.loads(capsys.readouterr().out)["runs"]}
    assert digest_bytes(data) in digests
    assert len(digests) == 3
    assert (folder / "artefact.json").read_bytes() == data


def test_a_changed_number_in_a_run_of_version_1_is_found(released: tuple[Project, Path]) -> None:
    _, folder = released
    path = folder / "artefact.json"
    path.write_bytes(path.read_bytes().replace(b"2000000", b"2000001"))
    assert execute(["fsck"]) == ExitCode.INTEGRITY
