"""The README against the program: commands, exit codes, settings, and every code block run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.cli.console.settings import ENVIRONMENT
from obrelease.errors import ExitCode
from obrelease.measurement.benchmark import KEYS as BENCHMARK_KEYS
from tests.command_tree import leaf_commands
from tests.program import ROOT, write_launcher

VERIFYING = ("FILES", "TAG_COMMANDS", "PROVENANCE_COMMANDS")

README = (ROOT / "README.md").read_text("utf-8")


def command_names() -> set[str]:
    """Every leaf of the command line, as it is typed."""
    return {f"obrelease {name}" for name, _ in leaf_commands()}


def code_blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = set(re.findall(r"^\| `(obrelease [a-z -]+)` \|", README, re.MULTILINE))
    assert documented == command_names()


def test_every_exit_code_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", README, re.MULTILINE)
    assert {(int(code), name) for code, name in rows} == {(int(code), code.name) for code in ExitCode}


def test_every_key_of_a_benchmark_is_in_the_table() -> None:
    text = README.partition("## Any command")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)) == BENCHMARK_KEYS


def test_every_setting_is_in_the_table() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| `(OBRELEASE_[A-Z_]+)`", README, re.MULTILINE)
    assert rows == list(ENVIRONMENT.items())


@pytest.mark.parametrize("name", sorted(command_names()))
def test_help_has_an_answer_for_each_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*name.split()[1:], "--help"]) == ExitCode.OK
    shown = capsys.readouterr()
    assert shown.out.startswith(f"Usage: {name}")
    assert not shown.err


def test_files_that_the_readme_points_to_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_commands_that_verify_without_obrelease_are_those_under_test() -> None:
    tested = (ROOT / "tests" / "integration" / "test_verify_with_standard_tools.py").read_text("utf-8")
    for name in VERIFYING:
        (commands,) = re.findall(rf'^{name}: Final = r"""\n(.*?)"""$', tested, re.MULTILINE | re.DOTALL)
        assert f"```bash\n{commands}```" in README, name


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A scratch clone with `obrelease` on the path, and an empty home."""
    place = tmp_path_factory.mktemp("readme")
    clone = place / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(ROOT), str(clone)], check=True)
    tools = place / "bin"
    write_launcher(tools)
    (tools / "python3").symlink_to(sys.executable)
    (place / "home").mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OBRELEASE_", "GITHUB_"))}
    person = {"NAME": "t", "EMAIL": "t@example.org"}
    roles = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    return kept | {
        **roles,
        "HOME": str(place / "home"),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PWD": str(clone),
    }


def test_every_shell_block_runs_in_order(scratch: dict[str, str]) -> None:
    bash = shutil.which("bash")
    assert bash
    blocks = code_blocks("sh")
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [bash, "-euo", "pipefail", "-c", block],
            cwd=scratch["PWD"],
            env=scratch,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", code_blocks("python"))
def test_every_python_block_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
