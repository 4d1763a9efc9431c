"""list, show, reindex, fsck, validate and schema as a user runs them: words, JSON, exit codes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import encode
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.artefact import ENVELOPE_NAME, Check, Outcome, Producer
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref, measured, run_files

COMMANDS = ("list", "show", "reindex", "fsck", "validate")


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]
CHECKS = (Check(name="passes-agree", passed=True),)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs; the newest has a histogram. Copied for each test."""
    registry = Registry(tmp_path_factory.mktemp("template") / "results")
    registry.record(measured(draft(1)), run_files(1))
    registry.record(draft(2, scenario="x10", parameters={"core": "native"}), run_files(2))
    hlog = encode(np.array([100, 200, 90_000], dtype=np.int64)).hlog
    files = [*run_files(3), NewFile("latency.hlog", "text/plain", hlog)]
    outcome = Outcome(events=2_500, events_digest="34" * 32, state_digest="56" * 32, checks=CHECKS)
    producer = Producer(name="obrelease", version="0.1", commit="ab" * 20, dirty=False)
    registry.record(draft(3, histograms=(histogram_ref(),), outcome=outcome, producer=producer), files)
    return registry.root


@pytest.fixture
def registry(tmp_path: Path, template: Path) -> Registry:
    shutil.copytree(template, tmp_path / "results")
    return Registry(tmp_path / "results")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = execute([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


class TestList:
    def test_newest_first_in_plain_columns(self, registry: Registry, run: Run) -> None:
        answer = run("list")
        header, *lines = answer.out.splitlines()
        assert answer.code == ExitCode.OK
        assert header.split() == [
            "digest", "created", "kind", "scenario", "core", "messages", "figure", "of", "p50", "p99",
            "commit", "checks",
        ]  # fmt: skip
        assert [line[:12] for line in lines] == [entry.digest[:12] for entry in registry.find()]
        assert "2023-11-14T22:13:20Z" in lines[0]

    def test_filters(self, registry: Registry, run: Run) -> None:
        (found,) = run("list", "--scenario", "x10", "--core", "native", "--kind", "bench", "--json").json[
            "runs"
        ]
        assert found["digest"] == registry.resolve("latest", scenario="x10").digest
        assert run("list", "--kind", "stress", "--json").json == {"runs": []}

    def test_runs_whose_checks_failed_are_marked_and_found(self, registry: Registry, run: Run) -> None:
        checks = (*CHECKS, Check(name="touch", passed=False), Check(name="depth", passed=False))
        outcome = Outcome(events=2_500, events_digest="34" * 32, state_digest="56" * 32, checks=checks)
        failed = registry.record(draft(4, outcome=outcome), run_files(4))
        silent = registry.record(draft(5, outcome=None), run_files(5))
        marks = [line.split()[-2:] for line in run("list").out.splitlines()[1:]]
        assert marks[0][-1] == "-"
        assert marks[1] == ["2", "FAILED"]
        assert [mark[-1] for mark in marks[2:]] == ["passed"] * 3
        (found,) = run("list", "checks=failed", "--json").json["runs"]
        assert (found["digest"], found["checks_failed"]) == (failed.digest, 2)
        passed = run("list", "checks=passed", "--json").json["runs"]
        assert len(passed) == 3
        assert silent.digest not in {each["digest"] for each in passed}

    @pytest.mark.parametrize("limit", ["-1", str(2**63), "9" * 40])
    def test_a_limit_that_is_no_number_of_runs_is_refused(
        self, registry: Registry, run: Run, limit: str
    ) -> None:
        answer = run("list", "--limit", limit)
        assert (answer.code, answer.out) == (ExitCode.USAGE, "")
        assert "not a number of runs" in answer.err

    @pytest.mark.parametrize("words", [["list", "core=\udcff"], ["show", "latest", "--core", "\udcff"]])
    def test_bytes_that_are_no_text_leave_the_index_alone(
        self, registry: Registry, run: Run, words: list[str]
    ) -> None:
        registry.reindex()
        before = (registry.root / INDEX_NAME).stat().st_ino
        assert run(*words).code == ExitCode.USAGE
        assert (registry.root / INDEX_NAME).stat().st_ino == before

    def test_json_is_the_entry(self, registry: Registry, run: Run) -> None:
        assert run("list", "--json").json == {"runs": [entry.as_json() for entry in registry.find()]}

    def test_an_empty_registry_is_no_error(self, run: Run) -> None:
        answer = run("list")
        assert (answer.code, answer.out) == (ExitCode.OK, "")
        assert "obrelease run bench" in answer.err

    def test_folders_that_cannot_be_read_are_named(self, registry: Registry, run: Run) -> None:
        os.truncate(registry.find()[0].folder / ENVELOPE_NAME, 10)
        (registry.root / INDEX_NAME).unlink()
        answer = run("list")
        assert len(answer.out.splitlines()) == 3
        assert "warning: 1 folder cannot be read" in answer.err


class TestShow:
    def test_text_has_the_derived_figures(self, registry: Registry, run: Run) -> None:
        answer = run("show", "latest")
        assert answer.code == ExitCode.OK
        assert registry.resolve("latest").digest in answer.out
        assert "1 M msg/s, median of 3 passes" in answer.out
        assert "p50 200 ns*" in answer.out
        assert "latency.hlog" in answer.out

    def test_json_has_the_envelope_and_the_summary(self, registry: Registry, run: Run) -> None:
        entry = registry.resolve("latest")
        answer = run("show", entry.digest[:12], "--json").json
        assert answer["run"] == entry.as_json()
        assert answer["artefact"] == json.loads((entry.folder / ENVELOPE_NAME).read_bytes())
        assert answer["summary"]["throughput_msg_s"] == 1_000_000
        assert answer["summary"]["p50_ns"] == 200

    def test_a_run_without_a_histogram(self, registry: Registry, run: Run) -> None:
        answer = run("show", "latest", "--scenario", "x10")
        assert answer.code == ExitCode.OK
        assert "p50" not in answer.out

    @pytest.mark.parametrize("name", ["nonsense", "abc", "ffffffffffff"])
    def test_an_unknown_name_is_not_found(self, registry: Registry, run: Run, name: str) -> None:
        answer = run("show", name)
        assert (answer.code, answer.out) == (ExitCode.NOT_FOUND, "")
        assert "hint: " in answer.err

    def test_a_damaged_run_is_not_shown(self, registry: Registry, run: Run) -> None:
        entry = registry.resolve("latest")
        (entry.folder / "summary.csv").write_bytes(b"run,9\n")
        answer = run("show", "latest")
        assert answer.code == ExitCode.INTEGRITY
        assert answer.out.startswith(f"{entry.folder}/summary.csv: digest: ")

    def test_free_text_cannot_steer_the_terminal(self, registry: Registry, run: Run) -> None:
        producer = Producer(name="other", version="\x1b[2J")
        registry.record(draft(9, command=("evil\x1b[2J", "\x1b]0;title\x07"), producer=producer), [])
        answer = run("show", "latest")
        assert answer.code == ExitCode.OK
        assert "\x1b" not in answer.out


class TestFsckAndReindex:
    def test_a_sound_registry(self, registry: Registry, run: Run) -> None:
        answer = run("fsck", "--json")
        assert (answer.code, answer.json["artefacts"], answer.json["problems"]) == (ExitCode.OK, 3, [])
        assert "all as recorded; `obrelease validate` also derives the numbers again" in answer.err

    def test_damage_has_a_path_a_rule_and_an_exit_code(self, registry: Registry, run: Run) -> None:
        (registry.resolve("latest").folder / "summary.csv").unlink()
        answer = run("fsck", "--json")
        assert answer.code == ExitCode.INTEGRITY
        (problem,) = answer.json["problems"]
        assert (problem["rule"], Path(problem["path"]).name) == ("missing", "summary.csv")
        assert "1 problem in 3 artefacts" in answer.err

    def test_leftovers_of_a_killed_writer_are_notes(self, registry: Registry, run: Run) -> None:
        (registry.root / ".staging" / "1-a").mkdir()
        answer = run("fsck")
        assert (answer.code, answer.out) == (ExitCode.OK, "")
        assert "note: " in answer.err

    def test_reindex_counts_the_runs(self, registry: Registry, run: Run) -> None:
        (registry.root / INDEX_NAME).write_bytes(b"garbage")
        assert run("fsck").code == ExitCode.INTEGRITY
        answer = run("reindex", "--json")
        assert (answer.json, answer.err) == ({"results": str(registry.root), "runs": 3}, "")
        assert run("fsck").code == ExitCode.OK

    def test_reindex_tells_of_folders_that_it_cannot_read(self, registry: Registry, run: Run) -> None:
        folders = sorted(entry.folder for entry in registry.find()[:2])
        for folder in folders:
            os.truncate(folder / ENVELOPE_NAME, 10)
        answer = run("reindex", "-q")
        assert (answer.code, answer.out) == (ExitCode.OK, "1 run\n")
        assert "warning: not in the index: 2 folders with a damaged envelope, the first" in answer.err
        assert f"the first is {folders[0]}; `obrelease fsck` names the damage" in answer.err


def drop_file(folder: Path) -> None:
    (folder / "summary.csv").unlink()


def repeat_key(folder: Path) -> None:
    path = folder / ENVELOPE_NAME
    path.write_bytes(path.read_bytes().replace(b'{"command"', b'{"version":1,"command"', 1))


def put_nan(folder: Path) -> None:
    path = folder / ENVELOPE_NAME
    path.write_bytes(path.read_bytes().replace(b"[2000000,", b"[NaN,", 1))


def add_field(folder: Path) -> None:
    path = folder / ENVELOPE_NAME
    path.write_bytes(path.read_bytes().replace(b'"workload":', b'"wonder":1,"workload":', 1))


def be_newer(folder: Path) -> None:
    path = folder / ENVELOPE_NAME
    path.write_bytes(path.read_bytes().replace(b'"version":2,"workload"', b'"version":3,"workload"', 1))


def be_cut(folder: Path) -> None:
    os.truncate(folder / ENVELOPE_NAME, 200)


def add_file(folder: Path) -> None:
    (folder / "extra.csv").touch()


def flip_bit(folder: Path) -> None:
    data = bytearray((folder / "summary.csv").read_bytes())
    data[0] ^= 1
    (folder / "summary.csv").write_bytes(data)


class TestValidate:
    def test_the_results_folder_is_the_default(self, registry: Registry, run: Run) -> None:
        assert run("validate", "--json").json == {"checked": 3, "problems": []}

    def test_a_folder_an_envelope_a_tree_and_a_document(self, registry: Registry, run: Run) -> None:
        folder = registry.resolve("latest").folder
        shutil.copy(folder / ENVELOPE_NAME, "copy.json")
        for path, checked in ((folder, 1), (folder / ENVELOPE_NAME, 1), (registry.root, 3), ("copy.json", 1)):
            assert run("validate", path, "--json").json == {"checked": checked, "problems": []}
        assert run("validate", folder, registry.root, "--json").json["checked"] == 4

    @pytest.mark.parametrize(
        ("damage", "rule", "code"),
        [
            (drop_file, "missing", ExitCode.INTEGRITY),
            (add_file, "extra", ExitCode.INTEGRITY),
            (flip_bit, "digest", ExitCode.INTEGRITY),
            (be_cut, "json", ExitCode.INVALID_INPUT),
            (repeat_key, "json", ExitCode.INVALID_INPUT),
            (put_nan, "json", ExitCode.INVALID_INPUT),
            (add_field, "model", ExitCode.INVALID_INPUT),
            (be_newer, "version", ExitCode.INVALID_INPUT),
        ],
    )
    def test_each_damage_is_reported_with_path_and_rule(
        self, registry: Registry, run: Run, damage: Callable[[Path], None], rule: str, code: ExitCode
    ) -> None:
        folder = registry.resolve("latest").folder
        damage(folder)
        answer = run("validate")
        assert answer.code == code
        assert answer.out.startswith(str(folder))
        assert f": {rule}: " in answer.out
        assert {problem["rule"] for problem in run("validate", "--json").json["problems"]} == {rule}

    def test_nothing_to_check_is_not_found(self, registry: Registry, run: Run, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        for path in ("absent", "empty"):
            answer = run("validate", path)
            assert answer.code == ExitCode.NOT_FOUND
            assert path in answer.err

    def test_a_document_that_is_none(self, registry: Registry, run: Run) -> None:
        Path("novel.json").write_bytes(b'{"format":"obrelease.novel"}')
        answer = run("validate", "novel.json")
        assert answer.code == ExitCode.INVALID_INPUT
        assert "unknown format 'obrelease.novel'" in answer.out


class TestSchema:
    def test_export_then_check(self, run: Run) -> None:
        assert run("schema", "check", "--schemas", "s").code == ExitCode.CHECK_FAILED
        assert len(run("schema", "export", "--schemas", "s", "--json").json["changed"]) >= 3
        assert run("schema", "check", "--schemas", "s", "--json").json["problems"] == []

    def test_drift_names_the_command_that_fixes_it(self, run: Run) -> None:
        run("schema", "export", "--schemas", "s")
        next(Path("s").glob("artefact.*")).write_text("{}")
        answer = run("schema", "check", "--schemas", "s")
        assert answer.code == ExitCode.CHECK_FAILED
        assert "stale" in answer.out
        assert "obrelease schema export" in answer.err


@pytest.mark.parametrize("name", COMMANDS)
def test_json_stands_on_stdout_alone(registry: Registry, run: Run, name: str) -> None:
    answer = run(name, *(["latest"] if name == "show" else []), "--json", "-q")
    assert answer.code == ExitCode.OK
    assert isinstance(answer.json, dict)
    assert answer.err == ""
