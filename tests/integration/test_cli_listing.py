"""`obrelease list` with its figures: derived from the runs' own files, never from more of them than asked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.summary.listed_figures import FIGURE_COLUMNS
from obrelease.cli.app import execute
from obrelease.cli.commands import list as list_command
from obrelease.errors import ExitCode
from obrelease.models.artefact import Check, Label, own_series
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """The text's columns, which are two spaces apart."""
        header, *lines = self.out.splitlines()
        names = [name for name in header.split("  ") if name]
        starts = [header.index(name) for name in names]
        ends = [*starts[1:], None]
        return [
            {name.strip(): line[a:b].strip() for name, a, b in zip(names, starts, ends, strict=True)}
            for line in lines
        ]


Run = Callable[..., Answer]


def hlog(*latencies_ns: int) -> NewFile:
    return NewFile("latency.hlog", "text/plain", encode(np.array(latencies_ns, dtype=np.int64)).hlog)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An imported run, one of our own with service times, and the newest with response times."""
    registry = Registry(tmp_path / "results")
    slow = own_series("sort", "s", (0.25, 0.5, 0.75))
    registry.record(
        draft(1, kind="imported", parameters={}, workload=None, outcome=None, metrics=(slow,)), []
    )
    registry.record(draft(2, histograms=(histogram_ref(),)), [hlog(100, 200, 90_000)])
    waits = histogram_ref().model_copy(update={"clock": "response"})
    registry.record(draft(3, kind="stress", histograms=(waits,)), [hlog(7, 7, 7)])
    return registry


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        code = execute(["list", *arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


def entries(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer.out)["runs"]
    return found


def test_people_see_what_each_run_measured(registry: Registry, run: Run) -> None:
    stress, bench, imported = run().rows
    assert (stress["figure"], stress["p50"], stress["p99"]) == ("1 M msg/s", "7 ns", "7 ns")
    assert (bench["figure"], bench["p50"], bench["checks"]) == ("1 M msg/s", "200 ns", "1 passed")
    assert (imported["figure"], imported["p50"], imported["checks"]) == ("500 ms", "-", "-")


def test_verbose_names_the_figure_and_its_clock(registry: Registry, run: Run) -> None:
    stress, bench, imported = run("-v").rows
    assert (stress["of"], stress["clock"]) == ("throughput", "response")
    assert bench["clock"] == "service"
    assert (imported["of"], imported["clock"]) == ("sort", "-")
    assert bench["events"] == "34" * 6


def test_verbose_has_the_own_names_of_runs(tmp_path: Path, run: Run) -> None:
    labels = {"runner": Label(value="large\x1b", source="user"), "lto": Label(value=True, source="file")}
    host = draft().host.model_copy(update={"name": "lab-7"})
    made = draft(4, title="My <Service> \u0394", host=host, labels=labels)
    Registry(tmp_path / "results").record(made, [])
    (row,) = run("-v").rows
    assert (row["title"], row["host"]) == ("My <Service> \u0394", "lab-7")
    assert row["labels"] == "lto=true, runner=large\\x1b"
    figures = entries(run("--json", "--figures"))[0]["figures"]
    assert (figures["title"], figures["host"]) == (made.title, "lab-7")
    assert figures["labels"] == {"runner": "large\x1b", "lto": True}
    assert next(csv.DictReader(StringIO(run("--csv", "--figures").out)))["title"] == made.title
    assert run("label.lto=true").rows
    assert run("label.lto=false").out == ""


def test_without_figures_no_run_is_opened(
    registry: Registry, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: Registry, entry: Entry) -> None:
        raise AssertionError(f"{entry.location} was opened")

    monkeypatch.setattr(Registry, "load", load)
    assert "figure" not in run("--no-figures").rows[0]
    assert entries(run("--json")) == [entry.as_json() for entry in registry.find()]
    assert len(run("--csv").out.splitlines()) == 4


def test_a_long_listing_says_that_figures_were_not_hashed_again(
    registry: Registry, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run()
    monkeypatch.setattr(list_command, "MAX_HASHED", 2)
    (registry.resolve("latest").folder / "latency.hlog").write_bytes(b"other")
    for words in ((), ("--figures",), ("-v",)):
        listed = run(*words)
        assert "figures as recorded, files not hashed again; --verify hashes them" in listed.err
        assert [row["p50"] for row in listed.rows] == [row["p50"] for row in first.rows]
    assert json.loads(run("--json", "--figures").out)["figures_hashed"] is False
    for words in (("--verify",), ("--limit", "2")):
        listed = run(*words)
        assert (listed.rows[0]["checks"], listed.err) == ("DAMAGED", "")
    verified = json.loads(run("--json", "--figures", "--verify").out)
    assert verified["figures_hashed"] is True
    assert [each["figures"] is None for each in verified["runs"]] == [True, False, False]
    assert run("--no-figures").err == ""


@pytest.mark.parametrize(
    "words", [["--json", "--figures"], ["--csv", "--figures"], ["-v"], ["-v", "--no-figures"]]
)
def test_a_listing_from_the_table_is_that_from_the_files(
    registry: Registry, run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    from_files = run(*words)
    monkeypatch.setattr(Registry, "load", None)
    assert run(*words) == from_files


def test_without_a_table_figures_are_read_from_the_files(
    registry: Registry, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = run("-v")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert run("-v") == first


def test_json_gets_one_field_more(registry: Registry, run: Run) -> None:
    stress, _, imported = entries(run("--json", "--figures"))
    figures = stress.pop("figures")
    assert stress == registry.find()[0].as_json()
    assert (figures["throughput_median_msg_s"], figures["passes"]) == (1_000_000, 3)
    assert (figures["latency_clock"], figures["latency_p99_ns"]) == ("response", 7)
    assert imported["figures"]["throughput_median_msg_s"] is None
    assert imported["figures"]["measures"] == [
        {"name": "sort", "unit": "s", "median": 0.5, "value": 0.5, "statistic": "median"}
    ]


def test_csv_gets_columns_behind_the_others(registry: Registry, run: Run) -> None:
    plain = list(csv.DictReader(StringIO(run("--csv").out)))
    stress, bench, imported = csv.DictReader(StringIO(run("--csv", "--figures").out))
    assert list(stress) == [*plain[0], *FIGURE_COLUMNS]
    assert {name: stress[name] for name in plain[0]} == plain[0]
    assert (bench["throughput_median_msg_s"], bench["latency_p50_ns"]) == ("1000000", "200")
    assert (imported["headline"], imported["headline_unit"], imported["headline_median"]) == (
        "sort", "s", "0.5",
    )  # fmt: skip
    assert imported["latency_p50_ns"] == ""


def test_an_unstable_run_says_so(registry: Registry, run: Run) -> None:
    check = Check(name="stability", passed=True, counts={"unstable": 1, "spread-milli": 90}, detail="noisy")
    outcome = draft().outcome
    assert outcome is not None
    checks = (*outcome.checks, check)
    registry.record(draft(4, outcome=outcome.model_copy(update={"checks": checks})), [])
    assert run().rows[0]["checks"] == "1 passed, unstable"


@pytest.mark.parametrize("name", ["latency.hlog", "artefact.json"])
def test_a_figure_is_never_read_from_other_bytes(registry: Registry, run: Run, name: str) -> None:
    folder = registry.resolve("latest").folder
    other = hlog(9, 9, 9).content if name == "latency.hlog" else b"{}"
    assert isinstance(other, bytes)
    registry.reindex()
    (folder / name).write_bytes(other)
    answer = run()
    assert answer.code == ExitCode.OK
    damaged, sound, _ = answer.rows
    assert (damaged["figure"], damaged["p50"], damaged["checks"]) == ("-", "-", "DAMAGED")
    assert sound["p50"] == "200 ns"
    assert [run["figures"] is None for run in entries(run("--json", "--figures"))] == [True, False, False]
    assert next(csv.DictReader(StringIO(run("--csv", "--figures").out)))["latency_p50_ns"] == ""


def test_without_figures_no_file_is_hashed_again(registry: Registry, run: Run) -> None:
    """What the README says of it: that is what `show` and `fsck` are for."""
    other = hlog(9, 9, 9).content
    assert isinstance(other, bytes)
    (registry.resolve("latest").folder / "latency.hlog").write_bytes(other)
    assert "DAMAGED" not in run("--no-figures").out
    assert run("--json").code == run("--csv").code == ExitCode.OK
    for words in (["show", "latest"], ["fsck"]):
        assert execute([*words, "--results", str(registry.root)]) == ExitCode.INTEGRITY


def test_empty_columns_leave_a_narrow_terminal_before_the_commit(
    registry: Registry, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obrelease.cli.console.table.terminal_width", lambda: 80)
    header = run("kind=imported").out.splitlines()[0].split()
    assert "commit" in header
    assert {"p50", "p99", "checks"}.isdisjoint(header)
    monkeypatch.setattr("obrelease.cli.console.table.terminal_width", lambda: None)
    (imported,) = run("kind=imported").rows
    assert (imported["figure"], imported["of"]) == ("500 ms", "sort")
