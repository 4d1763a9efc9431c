"""Two copies of a Python project import their own sources, however the project is installed."""

from __future__ import annotations

import json
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import UsageError
from obrelease.measurement.benchmark import Benchmark, CommandLine
from obrelease.measurement.process import Command, run_once
from obrelease.measurement.shared_imports import separate_imports
from obrelease.measurement.sides import Side
from obrelease.storage.reporter import SILENT

HOOK = """\
import importlib.util, sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "parser_of_tests":
            return importlib.util.spec_from_file_location(name, {file!r})
sys.meta_path.insert(0, Finder)
"""
RUN = ("python3", "bench/run.py")


@pytest.fixture(scope="module")
def clean_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without any package; the tests copy it."""
    folder = tmp_path_factory.mktemp("python") / "env"
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def site(clean_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of installed packages of the `python3` that the commands start."""
    environment = tmp_path / "env"
    shutil.copytree(clean_python, environment, symlinks=True)
    monkeypatch.setenv("PATH", f"{environment / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with its package in `src`, and its copies `base` and `head`."""
    root = tmp_path / "project"
    (root / "src" / "parser_of_tests").mkdir(parents=True)
    (root / "src" / "parser_of_tests" / "__init__.py").touch()
    (root / "bench").mkdir()
    (root / "bench" / "run.py").write_text("import parser_of_tests; print(parser_of_tests.__file__)")
    (root / "pyproject.toml").write_text("[project]\nname = 'parser-of-tests'\n")
    for side in ("base", "head"):
        shutil.copytree(root, tmp_path / side)
    return root


def separated(project: Path, run: CommandLine = RUN, **more: object) -> tuple[Side, ...]:
    benchmark = Benchmark("parse", run, **more)  # type: ignore[arg-type]
    sides = [Side(name, project.parent / name) for name in ("base", "head")]
    return separate_imports(benchmark, sides, project, project, SILENT)


def imported(side: Side, tmp_path: Path) -> Path:
    with (tmp_path / "printed").open("w+b") as file:
        run_once(Command(RUN, side.folder, side.environment), stdout=file)
        file.seek(0)
        return Path(file.read().decode().strip())


def by_path_file(site: Path, project: Path) -> None:
    (site / "parser.pth").write_text(f"{project / 'src'}\n")


def by_finder(site: Path, project: Path) -> None:
    """As setuptools: a finder behind all others, and the facts of PEP 610."""
    file = str(project / "src" / "parser_of_tests" / "__init__.py")
    (site / "__editable___parser_finder.py").write_text(
        HOOK.format(file=file).replace("insert(0, ", "append(")
    )
    (site / "__editable__.parser.pth").write_text("import __editable___parser_finder\n")
    record(site, project, ("__editable__.parser.pth", "__editable___parser_finder.py"))


def by_copy(site: Path, project: Path) -> None:
    """As `pip install .`."""
    shutil.copytree(project / "src" / "parser_of_tests", site / "parser_of_tests")
    record(site, project, ("parser_of_tests/__init__.py",))


def record(site: Path, project: Path, files: tuple[str, ...]) -> None:
    facts = site / "parser_of_tests-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: parser-of-tests\nVersion: 1\n")
    (facts / "direct_url.json").write_text(json.dumps({"url": project.as_uri(), "dir_info": {}}))
    (facts / "RECORD").write_text("".join(f"{name},,\n" for name in files))


@pytest.mark.parametrize("install", [by_path_file, by_finder, by_copy])
def test_each_side_imports_its_own_copy(
    install: Callable[[Path, Path], None], site: Path, project: Path, tmp_path: Path
) -> None:
    install(site, project)
    for side in separated(project):
        assert imported(side, tmp_path) == side.folder / "src" / "parser_of_tests" / "__init__.py"


def test_without_an_installed_project_nothing_is_changed(site: Path, project: Path) -> None:
    (site / "another").mkdir()
    assert [side.environment for side in separated(project)] == [{}, {}]


@pytest.mark.parametrize(
    "first_line", ["#!{python}", "#!/usr/bin/env python3", "#!/bin/sh\n'''exec' {python} \"$0\""]
)
def test_a_program_of_the_environment_is_recognised(first_line: str, site: Path, project: Path) -> None:
    """As `pytest`, whose first line names the interpreter."""
    by_path_file(site, project)
    (project.parent / "base" / "pyproject.toml").unlink()
    program = site.parents[2] / "bin" / "bench-of-tests"
    program.write_text(first_line.format(python=site.parents[2] / "bin" / "python3") + "\n")
    program.chmod(0o755)
    found = separated(project, ("bench-of-tests", "-q"))
    assert [side.environment for side in found] == [
        {"PYTHONPATH": str(side.folder / "src")} for side in found
    ]


def test_a_path_that_was_set_stays_behind(site: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(project / "src"))
    for side in separated(project):
        assert side.environment == {"PYTHONPATH": f"{side.folder / 'src'}:{project / 'src'}"}


@pytest.mark.parametrize(
    "run",
    [RUN, ("python3", "-I", "bench/run.py")],
)
def test_sides_that_cannot_be_separated_are_refused(run: CommandLine, site: Path, project: Path) -> None:
    """As meson-python, whose finder comes before every path; or with -I, which ignores PYTHONPATH."""
    if run == RUN:
        (site / "hook.py").write_text(
            HOOK.format(file=str(project / "src" / "parser_of_tests" / "__init__.py"))
        )
        (site / "hook.pth").write_text("import hook\n")
        record(site, project, ("hook.pth",))
    else:
        by_path_file(site, project)
    with pytest.raises(UsageError, match="the same code is measured twice"):
        separated(project, run)
    warned = separated(project, "make bench") if run == RUN else ()
    assert [side.environment for side in warned] == [{}] * len(warned)


def test_a_build_that_installs_both_sides_in_one_place_is_refused(site: Path, project: Path) -> None:
    by_copy(site, project)
    with pytest.raises(UsageError, match="the same code") as caught:
        separated(project, build="pip install .")
    assert "--target built" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("run", "variables"),
    [
        (RUN, {"PYTHONPATH": "src"}),
        ("PYTHONPATH=src python3 bench/run.py", {}),
        ("PYTHONPATH=src make bench", {}),
    ],
)
def test_a_path_of_the_user_is_left_as_it_is(
    run: CommandLine, variables: dict[str, str], site: Path, project: Path
) -> None:
    by_path_file(site, project)
    assert [side.environment for side in separated(project, run, environment=variables)] == [{}, {}]
