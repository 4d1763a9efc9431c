"""From files of other tools to verdicts: order, names, coverage and multiplicity do not deceive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease import api
from obrelease.analysis.comparison.compare import Comparison
from tests.tool_files import (
    google_file,
    google_row,
    hyperfine_file,
    hyperfine_result,
    pytest_file,
    pytest_row,
)

Side = Sequence[Any]


@pytest.fixture
def noisy() -> Callable[[float], float]:
    """A value with a log-normal noise of 0.4 %."""
    stream = np.random.Generator(np.random.PCG64(20261128))
    return lambda value: float(value * stream.lognormal(0, 0.004))


@pytest.fixture
def compared(tmp_path: Path) -> Callable[..., Comparison]:
    """The comparison of two sides of documents, each imported as a file."""

    def compare(base: Side, head: Side, **options: Any) -> Comparison:
        sides = []
        for name, documents in (("base", base), ("head", head)):
            files = []
            for number, document in enumerate(documents):
                files.append(tmp_path / f"{name}{number}.json")
                files[-1].write_text(json.dumps(document))
            report = api.import_results(files, registry=tmp_path / "results")
            sides.append([run.entry for run in report.runs if run.entry])
        return api.compare(*sides, project=api.Project.at(tmp_path), **options).single

    return compare


def verdicts(comparison: Comparison) -> Mapping[str, str]:
    return {
        metric.name: str(metric.decision.verdict)
        for metric in comparison.metrics
        if metric.figure == "location" and metric.primary
    }


def test_the_order_of_a_file_of_google_benchmark_changes_nothing(
    compared: Callable[..., Comparison], noisy: Callable[[float], float]
) -> None:
    def document(*names: str) -> Any:
        times = {"BM_Put": noisy(3.0), "BM_put": noisy(3_000.0)}
        return google_file(*(google_row(name, times[name]) for name in names))

    found = compared(
        [document("BM_Put", "BM_put") for _ in range(6)], [document("BM_put", "BM_Put") for _ in range(6)]
    )
    assert verdicts(found) == {"BM_Put": "same", "BM_put": "same"}


def _tests(noisy: Callable[[float], float], *names: str, commit: str) -> Any:
    seconds = {"json": 1e-3, "orjson": 1e-4}
    title = "tests/test_io.py::test_roundtrip_of_large_documents_with_nested_arrays"
    return pytest_file(
        *(pytest_row(f"{title}[{name}]", [noisy(seconds[name]) for _ in range(30)]) for name in names),
        commit=commit * 40,
    )


def test_the_order_of_a_file_of_pytest_benchmark_changes_nothing(
    compared: Callable[..., Comparison], noisy: Callable[[float], float]
) -> None:
    found = compared(
        [_tests(noisy, "json", "orjson", commit="1") for _ in range(5)],
        [_tests(noisy, "orjson", "json", commit="2") for _ in range(5)],
    )
    assert set(verdicts(found).values()) == {"same"}
    assert [name.rpartition("[")[2] for name in verdicts(found)] == ["json]", "orjson]"]


def test_a_test_that_is_gone_is_only_in_the_baseline(
    compared: Callable[..., Comparison], noisy: Callable[[float], float]
) -> None:
    found = compared(
        [_tests(noisy, "json", "orjson", commit="1") for _ in range(5)],
        [_tests(noisy, "orjson", commit="3") for _ in range(5)],
    )
    assert [name.rpartition("[")[2] for name in verdicts(found)] == ["orjson]"]
    assert [name.rpartition("[")[2] for name in found.coverage.only_in_base] == ["json]"]


def test_one_of_forty_that_is_eight_times_slower_is_found_and_drawn(
    compared: Callable[..., Comparison], noisy: Callable[[float], float], tmp_path: Path
) -> None:
    def document(factor: float) -> Any:
        offset = noisy(1.0)
        rows = [
            google_row(f"BM_{number:02d}", noisy(250.0 * offset * (factor if number == 17 else 1)))
            for number in range(40)
        ]
        return google_file(*rows)

    found = compared([document(1) for _ in range(6)], [document(8) for _ in range(6)])
    assert verdicts(found)["BM_17"] == "worse"
    assert [name for name, verdict in verdicts(found).items() if verdict == "worse"] == ["BM_17"]
    (metric,) = (each for each in found.metrics if each.name == "BM_17" and each.figure == "location")
    assert metric.ratio == pytest.approx(8.0, rel=0.01)
    api.ComparisonReport.of_runs(found).plot(tmp_path / "forest.svg")
    assert "BM_17: 8.0" in (tmp_path / "forest.svg").read_text("utf-8")


def test_a_command_that_is_missing_in_one_run_is_named(
    compared: Callable[..., Comparison], noisy: Callable[[float], float]
) -> None:
    def document(encode: float | None) -> Any:
        commands = {"decode": 0.4} | ({"encode": encode} if encode else {})
        return hyperfine_file(
            *(hyperfine_result(name, [noisy(value) for _ in range(10)]) for name, value in commands.items())
        )

    found = compared(
        [document(0.8) for _ in range(6)],
        [document(None if number == 2 else 2.4) for number in range(6)],
        same_host=True,
    )
    assert verdicts(found)["decode"] == "same"
    (partial,) = (each for each in found.coverage.partial if each.name == "encode")
    assert "encode" in str(partial)
    (metric,) = (each for each in found.metrics if each.name == "encode" and each.figure == "location")
    assert metric.ratio == pytest.approx(3.0, rel=0.01)
