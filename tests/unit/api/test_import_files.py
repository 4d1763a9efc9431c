"""Imports: several files at once, each file once, facts of user, file and machine, nothing half recorded."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from obrelease.api import import_files
from obrelease.api.import_files import import_results
from obrelease.api.import_report import ImportReport
from obrelease.api.validate_documents import validate
from obrelease.errors import InvalidInput, NotFound, StorageError, UsageError
from obrelease.models.artefact import Artefact
from obrelease.registry.store import Registry
from tests.tool_files import (
    COMMIT,
    encoded_histogram,
    google_file,
    google_row,
    histogram_log,
    hyperfine_file,
    hyperfine_result,
    log_line,
    pytest_file,
    pytest_row,
)

GOOD = hyperfine_file(hyperfine_result("app", [0.5, 0.51]))
PARTLY = hyperfine_file(hyperfine_result("app", [0.5]), hyperfine_result("fails", [0.1], exit_codes=[1]))
AT_NS = 1_790_000_000 * 10**9


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file below an empty current folder; gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: bytes | Any) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        os.utime(name, ns=(AT_NS, AT_NS))
        return name

    return write


def artefacts(report: ImportReport) -> list[Artefact]:
    return [run.artefact for run in report.runs]


def recorded() -> int:
    return len(Registry(Path("results")).find())


def test_files_of_several_formats_are_recorded_in_order(make: Callable[..., str]) -> None:
    names = [
        make("a.json", GOOD),
        make("b.json", google_file(google_row("BM", 5.0))),
        make("c.json", pytest_file(pytest_row("t.py::a", [1e-3]))),
        make("d.hlog", histogram_log(log_line(encoded_histogram([1, 2])))),
    ]
    report = import_results(names)
    assert [run.format for run in report.runs] == [
        "hyperfine",
        "google-benchmark",
        "pytest-benchmark",
        "hlog",
    ]
    assert [run.recorded for run in report.runs] == [True] * 4
    assert recorded() == 4
    for run, name in zip(report.runs, names, strict=True):
        assert run.entry
        (original,) = run.entry.folder.glob("original.*")
        assert original.read_bytes() == Path(name).read_bytes()
        assert run.artefact.command[-1] == name
    assert validate(Path("results")).problems == ()


def test_a_file_is_recorded_once_wherever_it_is(make: Callable[..., str]) -> None:
    first = import_results(make("a.json", GOOD)).entry
    moved = make("other/place/b.json", GOOD)
    again = import_results(
        [moved, moved, "a.json"], format_name="hyperfine", labels={"k": "v"}, scenario="other"
    )
    assert [(run.recorded, run.entry) for run in again.runs] == [(False, first)] * 2
    assert again.runs[0].artefact.labels == {}
    Path("results").rename("elsewhere")
    (run,) = import_results("a.json", registry="elsewhere").runs
    assert (run.recorded, run.entry and run.entry.digest) == (False, first.digest)


def test_concurrent_imports_record_a_file_once(make: Callable[..., str]) -> None:
    make("a.json", GOOD)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: import_results("a.json"), range(4)))
    assert sorted(report.runs[0].recorded for report in reports) == [False, False, False, True]
    assert len({report.entry.digest for report in reports}) == recorded() == 1


@pytest.mark.parametrize(
    "bad", [b"", b"no results", b'{"results": [{"command": 1}]}', json.dumps(hyperfine_file()).encode()]
)
def test_a_bad_file_is_named_and_nothing_is_recorded(make: Callable[..., str], bad: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^bad.json: "):
        import_results(
            [make("a.json", GOOD), make("bad.json", bad)], format_name="hyperfine" if bad else None
        )
    assert recorded() == 0


def test_keep_going_records_the_good_files(make: Callable[..., str]) -> None:
    report = import_results([make("bad.json", b"x"), make("a.json", GOOD)], keep_going=True)
    assert [(file.file, file.reason) for file in report.refused] == [
        ("bad.json", "is of no format that is recognised")
    ]
    assert [run.file for run in report.runs] == ["a.json"]
    assert recorded() == 1


def test_rows_that_failed_are_left_out_or_refused(make: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput, match=r"a.json: 'fails': failed: run 1 had exit code 1"):
        import_results(make("a.json", PARTLY), strict=True)
    assert recorded() == 0
    (artefact,) = artefacts(import_results("a.json"))
    assert [(row.name, row.reason) for row in artefact.left_out] == [
        ("fails", "failed: run 1 had exit code 1, of 1 runs")
    ]
    assert import_results(make("b.json", GOOD), strict=True).runs[0].recorded


def test_a_dry_run_records_nothing_and_shows_what_is_recorded(make: Callable[..., str]) -> None:
    names = [make("a.json", GOOD), make("b.json", PARTLY)]
    report = import_results(names, dry_run=True)
    assert [(run.entry, run.recorded) for run in report.runs] == [(None, False)] * 2
    assert not Path("results").exists()
    import_results("a.json")
    report = import_results(names, dry_run=True)
    assert [run.entry is not None for run in report.runs] == [True, False]


def test_standard_input_patterns_and_folders(make: Callable[..., str]) -> None:
    data = json.dumps(GOOD).encode()
    (run,) = import_results("-", stdin=io.BytesIO(data)).runs
    assert (run.file, run.artefact.command[-1]) == ("standard input", "stdin")
    for number in range(3):
        make(f"out/sub/{number}.json", hyperfine_file(hyperfine_result("app", [0.1 + number])))
    make("out/notes.txt", b"not a result")
    assert [run.file for run in import_results("out/*/*.json").runs] == [
        f"out/sub/{number}.json" for number in range(3)
    ]
    report = import_results(["out", "out/sub/1.json"], dry_run=True)
    assert [run.file for run in report.runs] == [f"out/sub/{number}.json" for number in range(3)]
    assert report.skipped == ("out/notes.txt",)


def test_a_storage_folder_is_a_history(make: Callable[..., str]) -> None:
    for number, commit in ((2, "2" * 40), (1, "1" * 40)):
        document = pytest_file(pytest_row("t.py::a", [1e-3 * number]), commit=commit)
        document["commit_info"]["time"] = f"2026-01-0{number}T00:00:00+00:00"
        make(f".benchmarks/Linux/000{number}_{commit}.json", document)
    report = import_results(".benchmarks")
    assert [artefact.producer.commit for artefact in artefacts(report)] == ["1" * 40, "2" * 40]
    single = import_results(f".benchmarks/Linux/0002_{'2' * 40}.json").runs[0]
    assert (single.recorded, single.entry) == (False, report.runs[1].entry)


def test_facts_come_from_the_user_before_the_file(make: Callable[..., str]) -> None:
    name = make("a.json", google_file(google_row("BM", 5.0), git_sha=COMMIT))
    (of_file,) = artefacts(import_results(name, registry="one"))
    assert (of_file.producer.commit, of_file.host.name, of_file.created_ns) == (
        COMMIT,
        "lab-7",
        str(1_767_323_045 * 10**9),
    )
    assert (of_file.sources.commit, of_file.sources.host, of_file.sources.created) == ("file", "file", "file")
    (of_user,) = artefacts(
        import_results(
            name,
            registry="two",
            commit="f" * 40,
            host="box",
            labels={"runner": "ci"},
            at="2026-02-03",
            scenario="My Load",
        )
    )
    assert (of_user.producer.commit, of_user.host.name, of_user.created_ns) == (
        "f" * 40,
        "box",
        str(1_770_076_800 * 10**9),
    )
    assert (of_user.title, of_user.label_values) == ("My Load", {"runner": "ci"})
    assert (of_user.sources.commit, of_user.sources.host, of_user.sources.created) == ("user", "user", "user")
    assert validate(Path("two")).problems == ()


def test_without_a_date_the_file_was_measured_when_it_was_written(make: Callable[..., str]) -> None:
    (artefact,) = artefacts(import_results(make("a.json", GOOD)))
    assert (artefact.created_ns, artefact.sources.created) == (str(AT_NS), "machine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at": "yesterday"}, "not a time"),
        ({"at": "2026-01-01 12:00"}, "not a time"),
        ({"host": " "}, "host is ' '"),
        ({"scenario": ""}, "scenario is ''"),
        ({"labels": {"": "x"}}, "the label '' is empty"),
        ({"commit": "abc123"}, "needs a repository"),
        ({"format_name": "csv"}, "unknown format 'csv'"),
        ({"unit": "h"}, "no unit 'h'"),
        ({"clock": "wall"}, "no clock 'wall'"),
    ],
)
def test_a_fact_that_no_run_can_have_is_refused_before_reading(
    make: Callable[..., str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        import_results(make("a.json", GOOD), **options)
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ([], UsageError, "no file to import"),
        (["-", "-"], UsageError, "- is given twice"),
        (["-"], UsageError, "no standard input"),
        (["none.json"], NotFound, "none.json: no such file"),
        (["*.none"], NotFound, r"\*.none: matches no file"),
        ([""], UsageError, "is not a path"),
    ],
)
def test_words_that_name_nothing(
    make: Callable[..., str], files: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        import_results([*files])


def test_a_missing_file_is_no_format_unless_it_has_the_name_of_one(make: Callable[..., str]) -> None:
    for word, hint in (("nope.json", None), ("jmh", "name the format as --format jmh")):
        with pytest.raises(NotFound) as found:
            import_results(word)
        assert found.value.hint == hint


def test_a_pipe_is_not_waited_for(make: Callable[..., str]) -> None:
    os.mkfifo("pipe.json")
    with pytest.raises(InvalidInput, match=r"pipe\.json: is a pipe"):
        import_results("pipe.json")
    make("out/a.json", GOOD)
    os.mkfifo("out/pipe.json")
    assert [run.file for run in import_results("out").runs] == ["out/a.json"]


def test_processes_that_import_at_once_record_a_file_once(make: Callable[..., str]) -> None:
    make("a.json", GOOD)
    command = [sys.executable, "-P", "-m", "obrelease", "import", "a.json", "--json"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(3)]
    outputs = [json.loads(process.communicate()[0])["runs"][0] for process in running]
    assert sorted(run["recorded"] for run in outputs) == [False, False, True]
    assert len({run["run"]["digest"] for run in outputs}) == recorded() == 1


def git(*words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_commit_is_head_only_if_the_tree_is_clean(make: Callable[..., str]) -> None:
    git("init", "-q", "-b", "main")
    make("source.c", b"int main;\n")
    git("add", ".")
    git("commit", "-qm", "first")
    head = git("rev-parse", "HEAD")
    name = make("a.json", GOOD)
    (clean,) = artefacts(import_results(name, repository="."))
    assert (clean.producer.commit, clean.producer.dirty, clean.sources.commit) == (head, False, "machine")
    (second,) = artefacts(
        import_results(make("second.json", hyperfine_file(hyperfine_result("x", [0.1]))), repository=".")
    )
    assert second.producer.commit == head, "files that were imported before are no changes"
    make("source.c", b"changed\n")
    (run,) = import_results(make("b.json", PARTLY), repository=".").runs
    assert run.artefact.producer.commit is None
    assert run.notes == ("no commit: the file names none, and the work tree has changes, such as source.c",)
    (given,) = artefacts(import_results("b.json", repository=".", registry="other", commit="main"))
    assert (given.producer.commit, given.sources.commit) == (head, "user")
    with pytest.raises(NotFound):
        import_results("b.json", repository=".", registry="third", commit="no-such-branch")
    assert validate(Path("results")).problems == ()


def test_a_run_that_no_command_could_read_again_is_refused(
    make: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_files, "MAX_DOCUMENT_BYTES", 600_000)
    rows = [google_row(f"BM_{number}", 1.0 + number) for number in range(1_000)]
    with pytest.raises(InvalidInput, match=r"a.json: as a run of 2,000 metrics: larger than"):
        import_results(make("a.json", google_file(*rows)))
    assert recorded() == 0


def test_a_disk_that_refuses_leaves_no_half_run(
    make: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        make(f"{number}.json", hyperfine_file(hyperfine_result("app", [1.0 + number]))) for number in range(3)
    ]
    record = Registry.record
    calls = []

    def fail_second(self: Registry, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise StorageError("results: cannot be written: no space left on device")
        return record(self, *arguments)

    monkeypatch.setattr(Registry, "record", fail_second)
    with pytest.raises(StorageError):
        import_results(names)
    assert recorded() == 1
    assert [run.recorded for run in import_results(names).runs] == [False, True, True]
    assert validate(Path("results")).problems == ()
