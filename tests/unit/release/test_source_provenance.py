"""A run that names a commit must have been measured with its sources."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode, IntegrityError
from obrelease.models.artefact import Producer
from obrelease.registry.store import Registry
from obrelease.release.collected_run import CollectedRun
from obrelease.release.source_provenance import check_source_provenance
from tests.unit.release.project import Project, git, make_project, run_of
from tests.unit.release.test_run_conflicts import run

TREE = {
    "obrelease/__init__.py": "version = 1\n",
    "obrelease/cli/app.py": "run = None\n",
    "obrelease/release/templates/release.yml": "no source of Python\n",
    "engine/obengine/__init__.py": "",
    "engine/CMakeLists.txt": "project(core)\n",
    "engine/build_record.cmake": "# the digest\n",
    "engine/bindings.cpp": "int main;\n",
    "engine/include/obengine/book.hpp include/obengine/core/stops.hpp": "#pragma once\n",
    "engine/include/obengine/core/stops.hpp": "#pragma once\n",
    "engine/include/obengine/core/deep/er.hpp": "// not covered\n",
    "engine/tests/CMakeLists.txt": "# not covered\n",
}
PYTHON = "obrelease/__init__.py obrelease/cli/app.py engine/obengine/__init__.py"
CORE = (
    "CMakeLists.txt bindings.cpp build_record.cmake include/obengine/book.hpp include/obengine/core/stops.hpp"
)


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with sources that lie where this program's lie, all of them committed."""
    project = make_project(tmp_path)
    for name, text in TREE.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(project.root, "add", *TREE)
    git(project.root, "commit", "--quiet", "--message=sources")
    return project


def summed(folder: Path, names: str) -> str:
    """What `sha256sum` says of the files, and then of its own words."""
    command = f"sha256sum {names} | sed 's,  engine/,  ,' | LC_ALL=C sort -k 2 | sha256sum"
    done = subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def claim(project: Project, **changes: Any) -> dict[str, Any]:
    """What a run of the checked out commit says of its sources."""
    return {
        "commit": project.head(),
        "dirty": False,
        "sources_digest": summed(project.root, PYTHON),
        "core_digest": summed(project.root / "engine", CORE),
    } | changes


def findings(project: Project, *runs: CollectedRun) -> tuple[str, ...]:
    repo = project.context().repo
    try:
        return check_source_provenance(runs, repo)
    finally:
        repo.close()


def test_the_sources_of_the_commit_are_those_of_its_objects(project: Project) -> None:
    said = claim(project)
    for name in TREE:
        (project.root / name).write_text("the checkout has gone on\n")
    reference = run("b", producer=said | {"core_digest": None})
    assert findings(project, run("a", producer=said), reference) == (
        f"2 of 2 runs were measured with the sources of the commit that they name: {'a' * 12}, {'b' * 12}",
    )


@pytest.mark.parametrize(
    ("field", "what"), [("sources_digest", "Python sources"), ("core_digest", "sources of the compiled core")]
)
def test_a_run_of_other_sources_may_not_name_the_commit(project: Project, field: str, what: str) -> None:
    said = claim(project)
    with pytest.raises(IntegrityError) as refused:
        findings(project, run("a", producer=said), run("b", producer=said | {field: "f" * 64}))
    assert f"run {'b' * 12} (results/bench/baseline/{'b' * 12})" in refused.value.message
    assert f"digest of the {what} is {'f' * 64}, the commit's is {said[field]}" in refused.value.message
    assert project.head()[:12] in refused.value.message


def test_an_older_commit_is_derived_from_its_own_tree(project: Project) -> None:
    said = claim(project)
    (project.root / "obrelease" / "more.py").write_text("more = 1\n")
    git(project.root, "add", ".")
    git(project.root, "commit", "--quiet", "--message=more")
    assert "the sources of the commit that they name" in findings(project, run("a", producer=said))[0]
    with pytest.raises(IntegrityError, match="Python sources"):
        findings(project, run("a", producer=said | {"commit": project.head()}))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "hyperfine"}, "measured by another program"),
        ({"commit": None}, "no commit is named"),
        ({"dirty": True, "sources_digest": "f" * 64}, "the tree had uncommitted changes"),
        ({"sources_digest": None}, "no digest of the sources is named"),
        ({"commit": "cd" * 20}, "the commit is not in this repository, or not complete"),
    ],
)
def test_what_cannot_be_derived_is_reported_as_not_compared(
    project: Project, changes: dict[str, Any], why: str
) -> None:
    assert findings(project, run("a", producer=claim(project, **changes))) == (
        f"1 of 1 runs could not be compared with the sources of a commit: {why}: {'a' * 12}",
    )


def test_a_commit_of_another_project_holds_no_sources_to_compare(project: Project) -> None:
    first = git(project.root, "rev-parse", "HEAD~1")
    (finding,) = findings(project, run("a", producer=claim(project, commit=first)))
    assert "does not have the Python sources of this program" in finding


def test_a_clone_without_the_files_of_the_commit_cannot_tell(project: Project, tmp_path: Path) -> None:
    said = claim(project)
    lost = git(project.root, "rev-parse", "HEAD:obrelease/cli/app.py")
    (project.root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    (finding,) = findings(project, run("a", producer=said))
    assert "not in this repository, or not complete" in finding


def test_many_runs_are_reported_in_one_line(project: Project) -> None:
    (finding,) = findings(project, *(run(name, producer={"commit": None}) for name in "0123456"))
    assert finding.startswith("7 of 7 runs could not be compared")
    assert finding.endswith(f"{'4' * 12} and 2 more")


def forged(project: Project, **changes: Any) -> None:
    artefact = run_of("baseline", 43)
    said = artefact.producer.model_dump() | claim(project, **changes)
    Registry(project.results).record(artefact.model_copy(update={"producer": Producer(**said)}), ())


def test_publish_refuses_a_forged_run_and_leaves_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forged(project, sources_digest="f" * 64)
    monkeypatch.chdir(project.root)
    assert execute(["publish", "v0.9-beta"]) == ExitCode.INTEGRITY
    assert "was measured with other sources" in capsys.readouterr().err
    assert git(project.root, "tag", "--list") == ""
    assert not project.releases.exists()


def test_verbose_reports_what_was_compared_and_what_was_not(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forged(project)
    project.commit("a run")
    monkeypatch.chdir(project.root)
    assert execute(["publish", "v0.9-beta", "--dry-run", "-v"]) == ExitCode.OK
    said = capsys.readouterr().err
    assert "1 of 3 runs were measured with the sources of the commit that they name" in said
    assert "2 of 3 runs could not be compared with the sources of a commit: no commit is named" in said
