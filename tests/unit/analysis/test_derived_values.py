"""Numbers that other numbers of the same run contradict are named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease import __version__
from obrelease.analysis.consistency.derived_values import check_derived_values
from obrelease.importers.hlog_v1 import import_hlog
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact import Artefact, Producer
from obrelease.recorder.bench import record_bench
from obrelease.registry.store import Registry

Change = Callable[[dict[str, Any], Path], None]


@pytest.fixture(scope="module")
def true_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    registry = Registry(tmp_path_factory.mktemp("results"))
    producer = Producer(name="obrelease", version=__version__)
    return record_bench(
        registry,
        scenario="baseline",
        seed=7,
        core="reference",
        passes=2,
        messages=300,
        created_ns=1,
        producer=producer,
    ).folder


def put(value: Any, *place: str | int) -> Change:
    def change(document: dict[str, Any], _folder: Path) -> None:
        *way, last = place
        target: Any = document
        for step in way:
            target = target[step]
        target[last] = value

    return change


def faster(name: str, old: bytes, new: bytes) -> Change:
    def change(_document: dict[str, Any], folder: Path) -> None:
        path = folder / name
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new, 1))

    return change


def timed_check(document: dict[str, Any]) -> dict[str, Any]:
    return next(check for check in document["outcome"]["checks"] if check["name"] == "single-messages-agree")


def other_stride(document: dict[str, Any], _folder: Path) -> None:
    timed_check(document)["counts"]["stride"] = 2


def fewer_timed(document: dict[str, Any], _folder: Path) -> None:
    timed_check(document)["counts"]["timed"] = 299


def stability(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(document: dict[str, Any], _folder: Path) -> None:
        change(next(check for check in document["outcome"]["checks"] if check["name"] == "stability"))

    return changed


def test_a_run_as_it_was_recorded_agrees_with_itself(true_run: Path) -> None:
    artefact = Artefact.model_validate_json((true_run / "artefact.json").read_bytes())
    assert check_derived_values(artefact, true_run) == ()


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        (put(3, "parameters", "passes"), "artefact.json", "passes is 3, and pass-wall has 2 samples"),
        (put(1, "metrics", 0, "samples", 0), "summary.csv", "wall_min_ns is"),
        (put(9, "outcome", "counts", "accepted"), "artefact.json", "by their kinds"),
        (put(5, "outcome", "counts", "rejected.unknown-order"), "artefact.json", "by their codes"),
        (put(299, "histograms", 0, "count"), "latency.hlog", "holds 300 values, the envelope has 299"),
        (put(7, "histograms", 0, "out_of_range"), "summary.csv", "latency_out_of_range is '0'"),
        (put(12, "workload", "messages"), "artefact.json", "12 messages, and 300 timed"),
        (put("ab" * 32, "outcome", "events_digest"), "summary.csv", "events_digest is"),
        (put("native", "parameters", "core"), "summary.csv", "core is 'reference', and should be 'native'"),
        (other_stride, "artefact.json", "timed at a stride of 2"),
        (stability(lambda check: check["counts"].update(unstable=0)), "artefact.json", "unstable is 0"),
        (
            stability(lambda check: check.update(detail="stable")),
            "artefact.json",
            "contradicts the samples",
        ),
        (
            stability(lambda check: check["counts"].update({"slowest-permille": 1})),
            "artefact.json",
            "slowest",
        ),
        (
            stability(lambda check: check["counts"].update({"middle-half-permille-at-most": 9_999})),
            "artefact.json",
            "middle-half-permille-at-most is 9999, and should be 100",
        ),
        (
            stability(lambda check: check.update(name="stability-x")),
            "artefact.json",
            "the series that it checks is missing",
        ),
        (fewer_timed, "artefact.json", "299 messages were timed, and service-latency has 300"),
        (faster("summary.csv", b",7,,300,", b",7,,900,"), "summary.csv", "messages is '900'"),
        (faster("summary.csv", b"kind,", b"sort,"), "summary.csv", "other columns"),
        (faster("latency.csv", b"100.000000000,", b"100.000000000,1"), "latency.csv", "latency_ns is"),
        (
            faster("latency.hlog", b"HISTFAAA", b"HISTFAAB"),
            "latency.hlog",
            "not a compressed V0, V1 or V2 histogram",
        ),
    ],
)
def test_one_changed_number_is_named(
    true_run: Path, tmp_path: Path, change: Change, path: str, message: str
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(true_run, folder)
    document = json.loads((folder / "artefact.json").read_bytes())
    change(document, folder)
    found = check_derived_values(Artefact.model_validate_json(json.dumps(document)), folder)
    assert {finding.rule for finding in found} == {"numbers"}
    assert [each for each in found if each.path == str(folder / path) and message in each.message], found


def test_tables_of_another_version_with_other_columns_are_not_checked(true_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(true_run, folder)
    (folder / "summary.csv").write_bytes(b"a,b\n1,2\n")
    document = json.loads((folder / "artefact.json").read_bytes())
    document["producer"]["version"] = "0.1"
    assert check_derived_values(Artefact.model_validate_json(json.dumps(document)), folder) == ()


def test_an_imported_histogram_must_have_the_listed_count(true_run: Path, tmp_path: Path) -> None:
    log = (true_run / "latency.hlog").read_bytes()
    made = import_hlog(ImportRequest(name="latency.hlog", data=log, now_ns=1))
    entry = Registry(tmp_path).record(made.artefact, made.files)
    artefact = Registry(tmp_path).load(entry)
    assert check_derived_values(artefact, entry.folder) == ()
    forged = artefact.histograms[0].model_copy(update={"count": 1})
    found = check_derived_values(artefact.model_copy(update={"histograms": (forged,)}), entry.folder)
    assert [finding.message for finding in found] == ["holds 300 values, the envelope has 1"]
