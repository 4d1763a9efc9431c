"""What the shell offers on a tab: what the folder has, quickly, and never a word on what is wrong with it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer import _completion_classes
from typer._click.shell_completion import ShellComplete
from typer._completion_classes import BashComplete, FishComplete, PowerShellComplete, ZshComplete
from typer.main import get_command

from obengine import cores
from obengine.harness.arrivals import _PROCESSES
from obengine.harness.profiling import PROFILERS
from obrelease.api.sort_columns import SORT_COLUMNS
from obrelease.cli.app import app, execute
from obrelease.cli.commands.run_options import SCENARIOS
from obrelease.cli.console.complete_line import TABLE, complete, read_table
from obrelease.cli.console.completion import CORES, KINDS
from obrelease.cli.console.shells import INSTRUCTION, Request, read_request
from obrelease.errors import ExitCode
from obrelease.models.artefact import Kind
from obrelease.registry.filter import FILTER_KEYS
from obrelease.registry.layout import INDEX_NAME, PINS_NAME
from obrelease.registry.store import Registry
from scripts.completion_table import table_text
from tests import program
from tests.drafts import draft
from tests.unit.release.project import Project, git, make_project

Tab = Callable[[str], list[str]]

HEAVY = (
    "git", "github", "hdrh", "jsonschema", "matplotlib", "numpy", "obengine", "pandas", "requests",
    "rich", "sqlite3", "typer", "pydantic", "dataclasses",
)  # fmt: skip
ASKED = (
    "show ", "show a", "pin ", "pin name ", "reproduce ", "diff ", "diff a,", "publish --run ", "list ",
    "list kind=", "list scenario=", "list commit=", "list digest=", "list --scenario ", "verify ", "tag ",
    "gate --base ", "gate --release ", "list --results ", "nonsense ", "run bench --scenario ",
)  # fmt: skip
ODD_LINES = (
    "--verbose list ki", "--nonsense list ", "list --nonsense --kind ", "list --kind=be", "list --kind=",
    "list --kind = ", "list -- ", "list -- --", "list --limit", "list --limit x ", "list --limit=3 -",
    "list -qv -", "list -qx -", "list --figures --", "list --no-figures --f", "list --json=3 --",
    "list kind=bench kind", "diff a ", "diff a b ", "diff latest,", "pin a ", "pin a b c ",
    "publish v1 --run a --run ", "push a b ", "push ", "run ", "run --", "run nonsense ",
    "run bench --scenario x10 --sc", "show --results nowhere ", "show --results= ", "help ", "help run ",
    "sweep run x ", "import --format ", "import --unit n", "-", "--", "-V list ", "run bench -",
    "show --kind bench --core native ", "list --sort -", "list --sort=-c", "gate --policy x --base ",
    "list '", 'list "a b" s',
)  # fmt: skip

HELP = ("-h", "--help")
"""Names that the parser has in no order."""


def environment(line: str) -> dict[str, str]:
    """What bash sets when the tab is pressed at the end of a line."""
    words = line.split()
    number = len(words) if line.endswith(" ") else len(words) - 1
    asked = {"_OBRELEASE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(number)}
    return asked | {"_TYPER_COMPLETE_ARGS": line}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository with a tag and a release, whose registry holds three runs and a pin."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    project = make_project(tmp_path)
    git(project.root, "tag", "v0.1")
    (project.releases / "v0.2").mkdir(parents=True)
    registry = Registry(project.results)
    entry = registry.record(draft(7, kind="stress", scenario="hawkes", parameters={"core": "native"}), [])
    registry.pin("best", entry)
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tab:
    def press(line: str) -> list[str]:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in environment(f"obrelease {line}").items():
                patch.setenv(name, value)
            code = execute([])
        said = capsys.readouterr()
        assert (code, said.err) == (ExitCode.OK, "")
        return said.out.split()

    return press


def test_runs_by_their_pins_and_digests(project: Project, tab: Tab) -> None:
    entries = Registry(project.results).find()
    digests = [entry.digest[:12] for entry in entries]
    for line in ("show ", "reproduce ", "pin name ", "publish --run "):
        assert tab(line) == ["best", "latest", *digests]
    assert tab("show l") == ["latest"]
    assert tab(f"show {digests[1][:5]}") == [digests[1]]
    assert tab(f"show {entries[1].digest[:14]}") == [entries[1].digest]
    assert tab("show --kind stress ") == ["best", "latest", entries[0].digest[:12]]
    assert tab("pin ") == ["best"]


def test_sides_of_a_comparison_are_runs_and_releases(project: Project, tab: Tab) -> None:
    assert {"best", "latest", "v0.1", "v0.2"} < set(tab("diff "))
    assert tab("diff latest,b") == ["latest,best"]
    assert tab("gate --base v") == ["v0.2", "v0.1"]


def test_tags_and_releases(project: Project, tab: Tab) -> None:
    for line in ("verify ", "publish ", "tag ", "bundle ", "gate --release "):
        assert tab(line) == ["v0.2", "v0.1"]


def test_filters(project: Project, tab: Tab) -> None:
    assert tab("list ") == [f"{key}=" for key in FILTER_KEYS]
    assert tab("list kind=bench s") == ["scenario=", "since="]
    assert tab("list che") == ["checks=passed", "checks=failed"]
    assert tab("list kind=b") == ["kind=bench"]
    assert tab("list scenario=") == ["scenario=baseline", "scenario=hawkes", "scenario=x10"]
    assert tab("list events=5") == []
    assert tab("list commit=") == [f"commit={'ab' * 6}"]
    assert tab("list workload=") == ["workload=flow"]


def test_filters_as_bash_parts_them_at_the_sign(project: Project, tab: Tab) -> None:
    assert tab("list kind = b") == ["bench"]
    assert tab("list kind = bench scenario = ha") == ["hawkes"]
    assert tab("list dirty =") == ["yes", "no"]


def test_options_of_few_words(project: Project, tab: Tab) -> None:
    assert tab("list --kind ") == list(KINDS) == list(get_args(Kind))
    assert tab("list --kind stress --scenario ") == ["hawkes"]
    assert tab("list --sort c") == ["created", "core", "commit"]
    assert set(SORT_COLUMNS) < set(tab("list --sort "))
    assert tab("run bench --scenario ") == list(SCENARIOS)
    assert tab("run bench --core ") == list(CORES) == [cores.REFERENCE, cores.NATIVE, "auto"]
    assert tab("run stress --arrivals ") == list(_PROCESSES)
    assert tab("run profile --profiler ") == list(PROFILERS)
    assert tab("publish --forge ") == ["directory", "github"]


def test_the_results_folder_is_the_one_on_the_line(project: Project, tab: Tab, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other").record(draft(9, scenario="elsewhere"), [])
    assert tab(f"list --results {tmp_path / 'other'} --scenario ") == ["elsewhere"]
    assert tab(f"show --results {tmp_path / 'other'} ") == ["latest", other.digest[:12]]


def no_results(project: Project) -> None:
    project.results.rename(project.root / "away")


def results_are_a_file(project: Project) -> None:
    no_results(project)
    project.results.write_text("a file")


def index_is_garbage(project: Project) -> None:
    (project.results / INDEX_NAME).write_bytes(b"garbage")


def pins_are_garbage(project: Project) -> None:
    (project.results / PINS_NAME / "best").write_bytes(b"\xff" * 90)
    (project.results / PINS_NAME / "bad name\x1b[2J").mkdir()


def settings_are_garbage(project: Project) -> None:
    (project.root / "pyproject.toml").write_text("[tool.obrelease\nresults = 3")


def git_is_garbage(project: Project) -> None:
    (project.root / ".git" / "HEAD").write_text("nowhere")


def no_git(project: Project) -> None:
    (project.root / ".git").rename(project.root / "git")


@pytest.mark.parametrize(
    "spoil",
    [
        no_results,
        results_are_a_file,
        index_is_garbage,
        pins_are_garbage,
        settings_are_garbage,
        git_is_garbage,
        no_git,
    ],
)
def test_nothing_is_said_of_what_is_wrong(
    project: Project, tab: Tab, spoil: Callable[[Project], None]
) -> None:
    spoil(project)
    for line in ASKED:
        assert all("\x1b" not in word for word in tab(line))
    if spoil is pins_are_garbage:
        assert len(tab("show ")) == 4


def in_a_process(folder: Path, line: str, code: str) -> subprocess.CompletedProcess[str]:
    env = program.environment(**environment(f"obrelease {line}"))
    return program.run_program(cwd=folder, code=code, env=env)


def test_a_fault_of_a_completion_is_silent_in_a_process(tmp_path: Path) -> None:
    fault = "import obrelease.cli.console.complete_line as line; line.complete = lambda *_: 1 / 0"
    done = in_a_process(tmp_path, "sh", f"{fault}; {program.START}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("sh", set()),
        ("run bench --scenario ", set()),
        ("list --kind ", set()),
        ("run stress --", set()),
        ("show ", {"sqlite3", "dataclasses"}),
    ],
)
def test_words_load_nothing_heavy(project: Project, line: str, needed: set[str]) -> None:
    code = f"""
import sys
try:
    {program.START}
except SystemExit:
    print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    done = in_a_process(project.root, line, code)
    assert done.stdout.split()
    assert set(done.stderr.split()) == needed


def by_the_parser(request: Request) -> list[tuple[str, str]]:
    """The answer of Typer itself, from the words that it parses."""
    shell = ZshComplete(get_command(app), {}, "obrelease", INSTRUCTION)
    found = shell.get_completions(list(request.words), request.incomplete)
    return [(item.value, item.help or "") for item in found]


def lines() -> Iterator[str]:
    """Every command with what can follow it, and lines that are strange or wrong."""
    for name in read_table():
        yield from (
            f"{name} {typed}".lstrip() for typed in ("", "-", "--", "--no", "-v -", "s", "--json --", "=")
        )
    yield from ODD_LINES


def test_the_answers_are_those_of_the_parser(project: Project) -> None:
    for line in lines():
        request = read_request(environment(f"obrelease {line}"))
        assert request is not None
        ours = complete(read_table(), request.words, request.incomplete)
        parsers = by_the_parser(request)
        assert sorted(ours) == sorted(parsers), line
        in_order = [[each for each in found if each[0] not in HELP] for found in (ours, parsers)]
        assert in_order[0] == in_order[1], line


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete, PowerShellComplete])
@pytest.mark.parametrize("line", ["", "run bench --", "list kind=b", 'list "kind=', "show 'a", "nonsense "])
def test_shells_get_the_form_of_their_scripts(
    shell: type[ShellComplete], line: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_completion_classes, "_sanitize_help_text", lambda text: text)
    asked = {
        **environment(f"obrelease {line}"),
        INSTRUCTION: f"complete_{shell.name}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.split(" ")[-1],
    }
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    request = read_request()
    assert request is not None
    ours = request.answer(complete(read_table(), request.words, request.incomplete))
    assert ours == shell(get_command(app), {}, "obrelease", INSTRUCTION).complete()


@pytest.mark.parametrize(("line", "code"), [("obrelease sho", 0), ("obrelease plot --out ", 1)])
def test_fish_asks_whether_there_is_an_answer(tmp_path: Path, line: str, code: int) -> None:
    asked = {INSTRUCTION: "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    env = program.environment(**environment(line) | asked)
    done = program.run_program(cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_the_table_is_that_of_the_parser() -> None:
    assert TABLE.read_text("utf-8") == table_text(), "run `python scripts/command_reference.py man`"
