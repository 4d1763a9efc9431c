"""A project: defaults, relative folders, and the results folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease import NotFound, Project, UsageError
from obrelease.api.project import project_of


def test_defaults_are_below_the_root(tmp_path: Path) -> None:
    project = Project.at(tmp_path / "engine")
    assert (project.name, project.forge, project.remote) == ("engine", "directory", None)
    assert project.results == project.root / "results"
    assert project.schemas == project.root / "schemas"
    assert project.releases == project.root / ".git" / "obrelease" / "releases"
    assert project.outputs == (project.results, project.releases)


def test_an_absolute_folder_stays_where_it_is(tmp_path: Path) -> None:
    assert Project.at("root", results=tmp_path / "elsewhere").results == tmp_path / "elsewhere"


def test_a_token_is_in_no_repr() -> None:
    assert "secret" not in repr(Project.at(".", forge="github", repository="o/n", token="secret"))


def test_an_unknown_forge_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown forge 'sourcehut'"):
        Project.at(".", forge="sourcehut")


def test_a_folder_stands_for_its_project(tmp_path: Path) -> None:
    project = Project.at(tmp_path)
    assert project_of(tmp_path) == project_of(str(tmp_path)) == project_of(project) == project


def test_the_results_folder_must_be_a_folder(tmp_path: Path) -> None:
    project = Project.at(tmp_path)
    assert project.results_folder(must_exist=False) == tmp_path / "results"
    with pytest.raises(NotFound, match="there is no results folder"):
        project.results_folder(must_exist=True)
    project.results.touch()
    with pytest.raises(UsageError, match="is not a folder"):
        project.results_folder(must_exist=False)
