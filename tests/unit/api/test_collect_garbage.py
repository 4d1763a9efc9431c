"""A finished release keeps its runs by its folder or its tag; its journal keeps nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from obrelease import Metric, Registry, publish, record
from tests.unit.release.project import git


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A repository with one run, which is released as v1.0, and no longer tracked since."""
    git(tmp_path, "init", "--quiet")
    metric = Metric("m", "ms", [1])
    record("s", producer="p", version="1", metrics=[metric], registry=tmp_path / "results")
    git(tmp_path, "add", "results/imported")
    git(tmp_path, "commit", "--quiet", "--message", "made up")
    publish("v1.0", project=tmp_path)
    git(tmp_path, "rm", "-r", "--quiet", "--cached", "results")
    git(tmp_path, "commit", "--quiet", "--message", "no longer tracked")
    return tmp_path


def reasons(project: Path) -> list[tuple[str, ...]]:
    plan = Registry.open(project / "results").gc(grace="0s").plan
    return [kept.reasons for kept in plan.protected]


def test_the_reason_is_the_release_alone(released: Path) -> None:
    assert reasons(released) == [("release v1.0",)]


def test_the_tag_keeps_the_runs_of_a_release_that_is_elsewhere(released: Path) -> None:
    shutil.rmtree(released / ".git" / "obrelease" / "releases")
    assert reasons(released) == [("release v1.0",)]


def test_without_release_and_tag_nothing_is_kept(released: Path) -> None:
    shutil.rmtree(released / ".git" / "obrelease" / "releases")
    git(released, "tag", "--delete", "v1.0")
    assert reasons(released) == []
    assert len(Registry.open(released / "results").gc(grace="0s").runs) == 1
