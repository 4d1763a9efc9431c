"""A run names the sources that ran, and a commit only where the folder holds exactly those."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from obengine import cores
from obrelease.bundle.source_digests import core_sources, digest, python_sources
from obrelease.recorder import source_digest
from obrelease.recorder.run_artefact import core_machine_facts
from obrelease.remote.git.repository import GitRepository
from tests.unit.release.project import git

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources that run here, as a checkout has them."""
    for place in ("obrelease", "engine"):
        shutil.copytree(
            ROOT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__", "_native*.so")
        )
    return tmp_path


def test_the_digest_is_that_of_sha256sum_output(tree: Path) -> None:
    (tree / "obengine").symlink_to(tree / "engine" / "obengine")
    command = (
        "find obrelease obengine/ -name '*.py' | sed s,//,/, | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    done = subprocess.run(["sh", "-c", command], cwd=tree, check=True, capture_output=True, text=True)
    assert done.stdout.split()[0] == source_digest.sources_digest()


def test_the_same_digests_are_derived_from_a_commit_of_the_tree(tree: Path) -> None:
    git(tree, "init", "--quiet")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message=all")
    repo = GitRepository.open(tree)
    try:
        files = repo.digests_at(repo.head(), ("obrelease", "engine"))
    finally:
        repo.close()
    assert files is not None
    python, core = python_sources(files), core_sources(files)
    assert python is not None
    assert core is not None
    assert digest({name: files[path] for name, path in python.items()}) == source_digest.sources_digest()
    named = digest({name: files[path] for name, path in core.items()})
    assert named == source_digest.core_sources_digest(tree / "engine")


def test_the_tree_that_runs_may_give_its_commit(tree: Path) -> None:
    assert source_digest.source_mismatch(tree, cores.REFERENCE) is None


@pytest.mark.parametrize("place", ["obrelease/cli/app.py", "engine/obengine/flow/baseline.py"])
def test_a_tree_with_one_different_byte_may_not(tree: Path, place: str) -> None:
    with (tree / place).open("ab") as file:
        file.write(b"\n")
    assert "not loaded from the sources" in str(source_digest.source_mismatch(tree, cores.REFERENCE))


def test_a_tree_with_an_added_or_missing_file_may_not(tree: Path) -> None:
    (tree / "obrelease" / "more.py").write_bytes(b"")
    assert source_digest.source_mismatch(tree, cores.REFERENCE)
    (tree / "obrelease" / "more.py").unlink()
    (tree / "engine" / "obengine" / "flow" / "baseline.py").unlink()
    assert source_digest.source_mismatch(tree, cores.REFERENCE)


def test_a_folder_of_another_project_gives_an_empty_reason(tmp_path: Path) -> None:
    assert source_digest.source_mismatch(tmp_path, cores.REFERENCE) == ""


def test_the_native_core_must_have_been_built_from_the_tree(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_here = source_digest.core_sources_digest(tree / "engine")
    monkeypatch.setattr(cores, "native_unavailable_reason", lambda: None)
    monkeypatch.setattr(cores, "native_build", lambda: cores.NativeBuild("GNU 12.2.0 Release", built_here))
    assert source_digest.source_mismatch(tree, cores.NATIVE) is None
    with (tree / "engine" / "include" / "obengine" / "ladder.hpp").open("ab") as file:
        file.write(b"\n")
    assert "native core was built from other sources" in str(source_digest.source_mismatch(tree, "auto"))
    assert source_digest.source_mismatch(tree, cores.REFERENCE) is None
    monkeypatch.setattr(cores, "native_build", lambda: None)
    assert "has no build record" in str(source_digest.source_mismatch(tree, cores.NATIVE))


def test_the_host_names_the_compiler_of_the_core_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "native_build", lambda: cores.NativeBuild("GNU 12.2.0 Release", "a" * 64))
    assert core_machine_facts(cores.NATIVE).stable.compiler == "GNU 12.2.0 Release"
    assert core_machine_facts(cores.REFERENCE).stable.compiler is None
