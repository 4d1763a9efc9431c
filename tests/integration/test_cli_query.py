"""`obrelease export` and `obrelease query`, and the same from Python."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import obrelease
from obrelease.analysis.summary.dataframe import FACT_COLUMNS
from obrelease.cli.app import execute
from obrelease.errors import ExitCode, UsageError
from obrelease.models.artefact import Label
from obrelease.registry.store import Registry
from tests.drafts import draft, measured, run_files


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs, the home folder elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    registry = Registry(tmp_path / "results")
    for number in (1, 2, 3):
        registry.record(measured(draft(number)), run_files(number))
    return tmp_path / "results"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = execute(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_question_without_an_export(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT scenario, core, count(*) AS runs FROM runs GROUP BY ALL"
    code, out, err = run(capsys, "query", sql)
    assert (code, err) == (ExitCode.OK, "")
    assert [line.split() for line in out.splitlines()] == [
        ["scenario", "core", "runs"], ["baseline", "reference", "3"],
    ]  # fmt: skip
    assert sorted(path.name for path in results.parent.iterdir()) == ["home", "results"]


def test_an_export_answers_as_csv_and_json(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "export", "--parquet", "export")
    assert (code, out) == (ExitCode.OK, "export\n")
    assert err.startswith("3 runs, ")
    sql = (
        "SELECT f.run, r.size_bytes > 0 AS sized, value FROM figures f JOIN runs r USING (run)"
        " WHERE metric = 'throughput' ORDER BY f.created"
    )
    code, out, _ = run(capsys, "query", "--parquet", "export", "--csv", sql)
    header, *rows = out.splitlines()
    entries = [entry.digest[:12] for entry in reversed(Registry(results).find())]
    assert header == "run,sized,value"
    assert [row.split(",")[:2] for row in rows] == [[name, "true"] for name in entries]
    code, out, err = run(capsys, "query", "--parquet", "export", "--json", "--limit", "1", sql)
    document = json.loads(out)
    assert document["columns"] == ["run", "sized", "value"]
    assert (len(document["rows"]), document["complete"]) == (1, False)
    assert err == "warning: only the first 1 rows; --limit N gives more\n"


def test_an_export_of_a_filter_has_those_runs(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Registry(results).record(draft(9, scenario="other"), [])
    assert run(capsys, "export", "--parquet", "e", "scenario=other", "--json")[0] == ExitCode.OK
    _, out, _ = run(capsys, "query", "--parquet", "e", "--csv", "SELECT DISTINCT scenario FROM figures")
    assert out == "scenario\nother\n"


def test_a_refused_query_is_a_usage_error(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "query", "COPY runs TO 'written'")
    assert (code, out) == (ExitCode.USAGE, "")
    assert "only one SELECT statement can be run" in err
    assert not Path("written").exists()
    assert run(capsys, "query", "SELECT 1", "--csv", "--json")[0] == ExitCode.USAGE


def test_a_frame_has_the_figures_with_their_facts(results: Path) -> None:
    registry = obrelease.Registry(results)
    marked = draft(7, labels={"runner": Label(value="ci", source="user")}, scenario="other")
    registry.store.record(marked, [])
    frame = registry.to_frame()
    assert dict(frame.dtypes.astype(str)) == FACT_COLUMNS
    measured_runs = frame[(frame["metric"] == "throughput") & (frame["scenario"] == "baseline")]
    assert sorted(measured_runs["digest"]) == sorted(
        entry.digest for entry in registry.find("scenario=baseline")
    )
    old = registry.metrics_to_pandas()
    both = frame.merge(old, on=["digest", "metric"], suffixes=("", "_read"))
    assert len(both) == len(frame) == 4
    assert (both["value"] == both["value_read"]).all()
    (row,) = registry.to_frame("scenario=other").to_dict("records")
    assert (json.loads(row["labels"]), row["metric"], row["dirty"]) == ({"runner": "ci"}, "throughput", False)
    assert registry.to_frame("scenario=absent").shape == (0, len(FACT_COLUMNS))


def test_arrow_without_pyarrow_says_what_to_install(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="Arrow tables need pyarrow"):
        obrelease.Registry(results).to_arrow()


def test_arrow_takes_the_frame_without_its_index(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyarrow is no dependency, not even of the tests: with it, pandas keeps text in another way."""
    given: list[Any] = []

    class Table:
        @staticmethod
        def from_pandas(frame: Any, *, preserve_index: bool) -> str:
            given.append((list(frame.columns), preserve_index))
            return "a table"

    module = types.ModuleType("pyarrow")
    module.Table = Table  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyarrow", module)
    assert obrelease.Registry(results).to_arrow(limit=1) == "a table"
    assert given == [(list(FACT_COLUMNS), False)]
