"""The quick starts of the README: their commands are run, and what is shown is what the program prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import Final

import pytest

from tests.docs.shown_output import appear_in_order, console_commands
from tests.program import ROOT, environment, write_launcher

README: Final = (ROOT / "README.md").read_text("utf-8")
WORDS: Final = 900
BENCHMARK: Final = """\
from random import Random

draw, seen = Random(1), set()
for _ in range(20_000):
    number = draw.randrange(8_000)
    if number not in seen:
        seen.add(number)
"""
"""What the first quick start measures: its text says that a set became a list."""


def quick_starts() -> list[tuple[str, list[str]]]:
    """Each command of the README's console blocks, and the lines below it."""
    blocks = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [command for block in blocks for command in console_commands(block)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What each command prints, run one after the other in a repository with a changed benchmark."""
    place = tmp_path_factory.mktemp("quick-starts")
    project, tools = place / "project", place / "bin"
    project.mkdir()
    write_launcher(tools)
    (tools / "python3").symlink_to(sys.executable)
    (place / "home").mkdir()
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    env = {
        **environment(PATH=path, HOME=str(place / "home")),
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.org",
    }
    (project / "bench.py").write_text(BENCHMARK)
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "A set"]):
        subprocess.run(["git", *command], cwd=project, env=env, check=True)
    (project / "bench.py").write_text(BENCHMARK.replace("set()", "[]").replace(".add(", ".append("))
    bash = shutil.which("bash")
    assert bash
    outputs = [place / f"output-{number}" for number, _ in enumerate(quick_starts())]
    script = "".join(
        f"{{ {command.replace('COMMIT', '0' * 40)}\n}} > '{output}' 2> '{output}.err'\n"
        for (command, _), output in zip(quick_starts(), outputs, strict=True)
    )
    subprocess.run([bash, "-c", script], cwd=project, env=env, check=False)
    first = outputs[0].read_text("utf-8")
    sides = [
        ",".join(found.split())
        for found in re.findall(r"^(?:base|head)  6 runs.*: (.*)$", first, re.MULTILINE)
    ]
    report = subprocess.run(
        [str(tools / "obrelease"), "report", *sides],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return [output.read_text("utf-8").splitlines() for output in outputs] + [report.stdout.splitlines()]


def test_the_readme_is_one_screen() -> None:
    assert len(README.split()) <= WORDS


def test_each_quick_start_has_at_most_five_commands() -> None:
    blocks = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    assert all(1 <= len(re.findall(r"^\$ ", block, re.MULTILINE)) <= 5 for block in blocks)


@pytest.mark.parametrize(
    ("number", "command"), [(number, command) for number, (command, _) in enumerate(quick_starts())]
)
def test_what_is_shown_is_what_is_printed(number: int, command: str, printed: list[list[str]]) -> None:
    assert appear_in_order(quick_starts()[number][1], printed[number]), "\n".join([command, *printed[number]])


def test_the_comment_is_the_report_of_the_first_quick_start(printed: list[list[str]]) -> None:
    shown = [line.removeprefix(">").strip() for line in README.splitlines() if line.startswith(">")]
    assert appear_in_order([*shown, "..."], printed[-1]), "\n".join(printed[-1])


def test_the_digest_of_the_replayed_day_is_exact(printed: list[list[str]]) -> None:
    (shown,) = re.findall(r"^events +([0-9a-f]{64})$", README, re.MULTILINE)
    assert any(shown in line for lines in printed for line in lines)


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        (["wall  5 ms", "...", "done"], True),
        (["...", "done"], True),
        (["wall  5 ms", "done"], False),
        (["wall  5 ms", "...", "gone"], False),
        (["done", "...", "wall  5 ms"], False),
    ],
)
def test_a_line_that_is_not_printed_is_found(shown: list[str], same: bool) -> None:
    assert appear_in_order(shown, ["wall 61.25 us", "more", "done"]) is same
