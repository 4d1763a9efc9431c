"""What holds for every command alike: one JSON document, one exit code, one way to refuse a results path."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.command_tree import leaf_commands
from tests.drafts import draft, measured, run_files

FAILING: Final = {
    "bundle": ("v1.0",),
    "changes": (),
    "comment": ("absent.md",),
    "crate": ("latest", "--license", "MIT"),
    "diff": ("aaaa", "bbbb"),
    "doctor": (),
    "export": (),
    "fsck": (),
    "gc": (),
    "gate": ("--policy", "absent.toml", "--base", "aaaa", "--head", "bbbb"),
    "help": ("absent",),
    "history": (),
    "import": ("hyperfine", "absent.json"),
    "init": (),
    "list": ("--results", "a-file"),
    "measure": (),
    "pin": ("release", "aaaa"),
    "plot": ("latest",),
    "publish": ("v1.0",),
    "pull": ("aaaa", "absent"),
    "push": ("absent",),
    "query": ("SELECT 1",),
    "reindex": (),
    "remote add": ("team", "ftp://absent"),
    "remote list": ("absent",),
    "report": ("aaaa", "bbbb"),
    "reproduce": ("latest",),
    "run architectures": ("--seeds", "many"),
    "run bench": ("--scenario", "absent"),
    "run profile": ("--scenario", "absent"),
    "run replay": ("absent.csv",),
    "run scenarios": ("absent",),
    "run stress": ("--arrivals", "absent"),
    "schema check": (),
    "schema export": ("--schemas", "a-file"),
    "show": ("latest",),
    "site build": ("--to", "site"),
    "site serve": (),
    "sync": ("absent",),
    "sweep collect": (),
    "sweep plan": (),
    "sweep run": (),
    "sweep status": (),
    "sweep submit": ("--slurm",),
    "tag": ("v1.0",),
    "validate": ("absent",),
    "verify": ("v1.0",),
}
"""A command line of each command that fails outside any project, without results."""

WITH_RESULT: Final = {"doctor", "schema check"}
"""Those of them that have an answer all the same: what they found."""


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document: `json.loads` refuses a second one."""
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    for name in ("RESULTS", "RELEASES", "FORGE", "REMOTE", "PROJECT", "SCHEMAS"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    (tmp_path / "a-file").touch()

    def call(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = execute([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Two runs in the default place."""
    made = Registry(tmp_path / "results")
    for number in (1, 2):
        made.record(measured(draft(number)), run_files(number))
    return made


def with_results() -> list[str]:
    """The commands that take `--results`."""
    return [
        name for name, found in leaf_commands() if any("--results" in param.opts for param in found.params)
    ]


def error_of(answer: Answer) -> dict[str, Any]:
    """The error document, with every key of the contract."""
    document = answer.json
    assert list(document) == ["error"]
    assert sorted(document["error"]) == ["code", "hint", "message", "name"]
    assert document["error"]["code"] == answer.code
    assert ExitCode[document["error"]["name"]] == answer.code
    return dict(document["error"])


def test_the_table_has_every_command() -> None:
    assert set(FAILING) == {name for name, _ in leaf_commands()}


@pytest.mark.parametrize("name", sorted(FAILING))
class TestFailures:
    def test_one_document_and_the_code_in_it(self, run: Run, name: str) -> None:
        answer = run(*name.split(), *FAILING[name], "--json")
        assert answer.code != ExitCode.OK
        assert answer.err.startswith("error: ")
        if name in WITH_RESULT:
            assert "error" not in answer.json
        else:
            assert f"error: {error_of(answer)['message']}\n" in answer.err

    def test_json_before_the_command_is_the_same(self, run: Run, name: str) -> None:
        words = (*name.split(), *FAILING[name])
        assert run("--json", *words) == run(*words, "--json")

    def test_nothing_on_stdout_without_json(self, run: Run, name: str) -> None:
        answer = run(*name.split(), *FAILING[name])
        assert answer.code != ExitCode.OK
        assert (answer.out == "") is (name not in WITH_RESULT)

    def test_a_misuse_is_a_document_too(self, run: Run, name: str) -> None:
        error = error_of(run(*name.split(), *FAILING[name], "--nonsense", "--json"))
        assert error["name"] == "USAGE"
        assert "--nonsense" in error["message"]
        assert error["hint"] == f"`obrelease {name} --help` shows what it takes"


@pytest.mark.parametrize("words", [(), ("run",), ("schema",), ("nonsense",)])
def test_no_command_is_a_document_too(run: Run, words: tuple[str, ...]) -> None:
    assert error_of(run("--json", *words))["name"] == "USAGE"


def test_a_value_after_two_dashes_asks_for_no_json(run: Run) -> None:
    answer = run("show", "--", "--json")
    assert (answer.code, answer.out) == (ExitCode.NOT_FOUND, "")


def test_a_result_that_fails_keeps_its_document(registry: Registry, run: Run) -> None:
    (registry.resolve("latest").folder / "summary.csv").unlink()
    for name in ("fsck", "validate"):
        answer = run(name, "--json")
        assert answer.code == ExitCode.INTEGRITY
        assert [problem["rule"] for problem in answer.json["problems"]] == ["missing"]


class TestResultsPath:
    @pytest.mark.parametrize("name", sorted(set(with_results()) - {"doctor", "gate", "init", "import"}))
    def test_a_file_is_refused_alike(self, run: Run, name: str) -> None:
        words = () if name in {"list", "run architectures", "run bench", "run profile"} else FAILING[name]
        words = () if name in {"run replay", "run stress", "validate"} else words
        answer = run(*name.split(), *words, "--results", "a-file")
        if name in {"bundle", "publish", "tag"}:
            assert answer.code in {ExitCode.USAGE, ExitCode.NOT_FOUND}
        else:
            assert answer.code == ExitCode.USAGE
            assert "a-file: is not a folder, so it holds no results" in answer.err

    @pytest.mark.parametrize("name", ["fsck", "show latest", "reindex", "validate", "diff aaaa bbbb"])
    def test_an_absent_folder_is_not_found(self, run: Run, name: str) -> None:
        answer = run(*name.split(), "--results", "absent")
        assert (answer.code, answer.out) == (ExitCode.NOT_FOUND, "")
        assert "there is no results folder here" in answer.err
        assert not Path("absent").exists()

    def test_an_absent_folder_lists_nothing_with_a_note(self, run: Run) -> None:
        answer = run("list", "--results", "absent", "--json")
        assert (answer.code, answer.json) == (ExitCode.OK, {"runs": []})
        assert "absent does not exist; `obrelease run bench`" in answer.err
        assert not Path("absent").exists()


class TestQuietAndVerbose:
    def test_quiet_keeps_the_answer_and_drops_the_notes(self, registry: Registry, run: Run) -> None:
        for words in (
            ("-q", "list"),
            ("list", "-q"),
            ("-q", "fsck"),
            ("validate", "-q"),
            ("-q", "list", "-v"),
        ):
            assert run(*words).err == ""
        assert run("-q", "list").out == run("list").out

    def test_quiet_keeps_warnings_and_errors(self, registry: Registry, run: Run) -> None:
        (registry.find()[0].folder / "artefact.json").write_bytes(b"{")
        (registry.root / INDEX_NAME).unlink()
        assert run("-q", "list").err.startswith("warning: 1 folder cannot be read")
        assert run("-q", "fsck").err.startswith("error: ")

    def test_a_long_list_has_checks_load_and_the_whole_commit(self, registry: Registry, run: Run) -> None:
        envelope = registry.find()[0].folder / "artefact.json"
        envelope.write_bytes(b"{}")
        short, long = run("list").out.splitlines(), run("list", "-v").out.splitlines()
        assert long == run("-v", "list").out.splitlines()
        assert long[0].startswith(short[0])
        assert len(long) == 2
        assert run("list").err.startswith("warning: 1 folder cannot be read")
        tail = ["1", "passed", "-", "34" * 6, "baseline", "-", "-", "0.25", "ab" * 20]
        assert long[1].split()[-9:] == tail

    def test_validate_names_each_document(self, registry: Registry, run: Run) -> None:
        entries = registry.find()
        shutil.copy(entries[1].folder / "artefact.json", "copy.json")
        (entries[0].folder / "extra").touch()
        said = run("validate", "results", "copy.json", "-v").err.splitlines()
        assert "copy.json: valid" in said
        assert f"results/{entries[0].location}: 1 problem" in said
        assert f"results/{entries[1].location}: valid" in said
        assert "1 problem in 3 artefacts and documents" in said[-1]


class TestHelp:
    @pytest.mark.parametrize("words", [(), ("run",), ("schema",)])
    def test_no_line_of_a_list_of_commands_is_cut(self, run: Run, words: tuple[str, ...]) -> None:
        assert "..." not in run(*words, "--help").out.partition("Commands:")[2]

    @pytest.mark.parametrize("name", sorted(FAILING))
    def test_metavars_are_words_of_the_field(self, run: Run, name: str) -> None:
        shown = run(*name.split(), "--help").out
        assert not re.search(r"[<>{}]|\[\[[A-Z]", shown)
        assert not re.search(r"^Usage: .* [a-z]+$", shown, re.MULTILINE)

    def test_first_sentences_are_short(self) -> None:
        for name, found in leaf_commands():
            first = found.help.partition(".")[0]
            assert len(first) < 55, name


def test_the_doctor_reports_that_nothing_can_be_released(run: Run) -> None:
    answer = run("doctor", "--json")
    states = {found["subject"]: found["state"] for found in answer.json["findings"]}
    assert answer.code == ExitCode.CHECK_FAILED
    assert (states["repository"], states["forge"], states["results"]) == ("bad", "bad", "note")
    (found,) = [
        f
        for f in run("doctor", "--results", "a-file", "--json").json["findings"]
        if f["subject"] == "results"
    ]
    assert found["state"] == "bad"


def test_a_replay_prints_its_counts_and_show_prints_all_of_them(run: Run) -> None:
    answer = run("run", "replay", "--passes", "1", "--core", "reference")
    assert re.search(r"^named-causes +.*left-window \d+", answer.out, re.MULTILINE)
    assert re.search(r"^checks +\d+ passed(, unstable)?$", answer.out, re.MULTILINE)
    assert re.search(
        r"^check touch-holds +passed: .*; rows [\d,]+, rows-held [\d,]+$",
        run("show", "latest").out,
        re.MULTILINE,
    )


def test_an_unknown_field_is_named(registry: Registry, run: Run) -> None:
    path = registry.find()[0].folder / "artefact.json"
    path.write_bytes(path.read_bytes().replace(b'{"command"', b'{"aaa":1,"command"', 1))
    assert "model: $.aaa: unknown field" in run("validate").out


def test_commands_are_listed_in_the_order_of_the_work(run: Run) -> None:
    table = run("run", "--help").out.partition("Commands:")[2].partition("Examples:")[0]
    listed = re.findall(r"^  ([a-z]+) ", table, re.MULTILINE)
    assert listed == ["bench", "stress", "architectures", "replay", "profile", "scenarios"]
    assert run("--help").out.partition("Measure:")[2].split()[0] == "run"
