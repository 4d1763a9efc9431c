"""Files that the real tools wrote, as version 1 imported them: `validate` reads old imports this way."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.summary.read_run import read_run
from obrelease.errors import InvalidInput, UsageError
from obrelease.importers.google_benchmark_v1 import import_google_benchmark
from obrelease.importers.hlog_v1 import import_hlog
from obrelease.importers.hyperfine_v1 import import_hyperfine
from obrelease.importers.pytest_benchmark_v1 import import_pytest_benchmark
from obrelease.importers.time_units import parse_date_ns, to_nanoseconds
from obrelease.importers.version_1_import import ArtefactDraft, ImportRequest, measurements_ns
from obrelease.models.artefact import Artefact
from obrelease.registry.check_folder import check_folder
from obrelease.registry.store import Registry

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"
NOW_NS = 1_800_000_000_000_000_000
IMPORTERS: dict[str, Callable[[ImportRequest], ArtefactDraft]] = {
    "google_benchmark.json": import_google_benchmark,
    "pytest_benchmark.json": import_pytest_benchmark,
    "hyperfine.json": import_hyperfine,
    "hdr_histogram_js.hlog": import_hlog,
}


def request_of(name: str, **changes: Any) -> ImportRequest:
    return ImportRequest(**{"name": name, "data": (DATA / name).read_bytes(), "now_ns": NOW_NS, **changes})


def imported(name: str, **changes: Any) -> Artefact:
    return IMPORTERS[name](request_of(name, **changes)).artefact


def changed(name: str, change: Callable[[Any], object]) -> ImportRequest:
    document = json.loads((DATA / name).read_bytes())
    change(document)
    return request_of(name, data=json.dumps(document).encode())


def samples(artefact: Artefact) -> dict[str, tuple[float, ...]]:
    return {series.name: series.samples for series in artefact.metrics}


def test_every_data_file_has_a_card() -> None:
    card = (DATA / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|.*\| (\d+) \| `([0-9a-f]{64})` \|$", card, re.MULTILINE)
    assert {name for name, _, _ in rows} == set(IMPORTERS)
    for name, size, digest in rows:
        data = (DATA / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (int(size), digest)


@pytest.mark.parametrize("name", IMPORTERS)
def test_an_import_is_a_valid_artefact_with_its_original(name: str, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    made = IMPORTERS[name](request_of(name))
    entry = registry.record(made.artefact, made.files)
    assert check_folder(entry.folder).problems == ()
    (original,) = entry.folder.glob("original.*")
    assert original.read_bytes() == (DATA / name).read_bytes()
    kept = registry.load(entry)
    assert kept.kind == "imported"
    assert kept.command == ("obrelease", "import", kept.producer.name, name)
    run = read_run(kept, digest=entry.digest, folder=entry.folder)
    assert run.identity == hashlib.sha256(original.read_bytes()).hexdigest()
    assert run.left_out == ()
    assert run.metrics or run.histograms


def test_google_benchmark_gives_repetitions_and_no_aggregates() -> None:
    artefact = imported("google_benchmark.json")
    found = samples(artefact)
    assert list(found) == [
        "add_and_cancel",
        "add_and_cancel.cpu",
        "sum_of_levels-256",
        "sum_of_levels-256.cpu",
        "sum_of_levels-4096",
        "sum_of_levels-4096.cpu",
    ]
    document = json.loads((DATA / "google_benchmark.json").read_bytes())
    raw = [
        b
        for b in document["benchmarks"]
        if b["run_name"] == "sum_of_levels/256" and "_" not in b["name"][13:]
    ]
    assert raw[0]["time_unit"] == "us"
    assert found["sum_of_levels-256"] == pytest.approx([1e3 * b["real_time"] for b in raw], rel=1e-12)
    assert found["sum_of_levels-256.cpu"] == pytest.approx([1e3 * b["cpu_time"] for b in raw], rel=1e-12)
    assert {series.unit for series in artefact.metrics} == {"ns"}


def test_google_benchmarks_machine_and_date() -> None:
    artefact = imported("google_benchmark.json")
    assert artefact.scenario == "order_book_bench"
    assert artefact.host.stable.cpu_count == 2
    assert artefact.host.volatile.cpu_khz == 2_445_000
    assert artefact.parameters == {"library-build-type": "debug", "cpu-scaling-enabled": False}
    date = json.loads((DATA / "google_benchmark.json").read_bytes())["context"]["date"]
    assert int(artefact.created_ns) == parse_date_ns(date) != NOW_NS


def test_pytest_benchmark_gives_rounds_and_the_machines_stable_facts() -> None:
    artefact = imported("pytest_benchmark.json")
    found = samples(artefact)
    assert list(found) == ["test_sort.py-test_sort", "test_sort.py-test_join"]
    document = json.loads((DATA / "pytest_benchmark.json").read_bytes())
    assert found["test_sort.py-test_sort"] == pytest.approx(
        [1e9 * s for s in document["benchmarks"][0]["stats"]["data"]], rel=1e-12
    )
    stable = artefact.host.stable
    assert (stable.system, stable.machine, stable.cpu_count) == ("Linux", "x86_64", 2)
    assert (stable.python, stable.compiler) == ("CPython 3.11.7", "GCC 12.2.0")
    assert artefact.host.volatile.kernel == "6.1.0"
    assert artefact.producer.version == "5.3.1"
    assert artefact.producer.commit is None


def test_a_jittering_clock_does_not_make_another_machine() -> None:
    def faster(document: Any) -> None:
        document["machine_info"]["cpu"]["hz_actual"] = [2_447_849_404, 0]
        document["machine_info"]["cpu"]["hz_actual_friendly"] = "2.4478 GHz"

    jittered = import_pytest_benchmark(changed("pytest_benchmark.json", faster)).artefact
    plain = imported("pytest_benchmark.json")
    assert jittered.host.stable == plain.host.stable
    assert jittered.host.volatile != plain.host.volatile


def test_pytest_benchmarks_commit_is_kept() -> None:
    def committed(document: Any) -> None:
        document["commit_info"] |= {"id": "ab" * 20, "dirty": True}

    producer = import_pytest_benchmark(changed("pytest_benchmark.json", committed)).artefact.producer
    assert (producer.commit, producer.dirty) == ("ab" * 20, True)


def test_hyperfine_gives_each_run_of_each_command() -> None:
    artefact = imported("hyperfine.json", scenario="Two Commands")
    document = json.loads((DATA / "hyperfine.json").read_bytes())
    assert {name: len(values) for name, values in samples(artefact).items()} == {"sleep": 5, "nothing": 5}
    assert samples(artefact)["sleep"] == pytest.approx([1e9 * t for t in document["results"][0]["times"]])
    assert artefact.scenario == "two-commands"
    assert int(artefact.created_ns) == NOW_NS


def test_a_log_gives_a_histogram_for_each_tag_with_its_intervals(tmp_path: Path) -> None:
    made = import_hlog(request_of("hdr_histogram_js.hlog", clock="response"))
    refs = {ref.name: ref for ref in made.artefact.histograms}
    assert list(refs) == ["latency", "latency-warm"]
    assert {(ref.count, ref.clock, ref.significant_digits) for ref in refs.values()} == {
        (12_000, "response", 3)
    }
    assert int(made.artefact.created_ns) == 1_700_000_000 * 10**9
    entry = Registry(tmp_path).record(made.artefact, made.files)
    run = read_run(
        made.artefact.model_copy(update={"files": Registry(tmp_path).load(entry).files}),
        digest="x",
        folder=entry.folder,
    )
    assert [part.count for part in run.histograms["latency"]] == [2_000] * 6


@pytest.mark.parametrize(("unit", "scale"), [("us", 1_000), ("ms", 1_000_000)])
def test_a_log_in_another_unit_becomes_nanoseconds(unit: str, scale: int, tmp_path: Path) -> None:
    def whole(unit: str) -> Histogram:
        made = import_hlog(request_of("hdr_histogram_js.hlog", unit=unit))
        registry = Registry(tmp_path / unit)
        entry = registry.record(made.artefact, made.files)
        return merge(read_run(registry.load(entry), digest="x", folder=entry.folder).histograms["latency"])

    plain, scaled = whole("ns"), whole(unit)
    assert scaled.count == plain.count
    for percentile in (50.0, 99.0, 99.9):
        assert scaled.percentile_ns(percentile) == pytest.approx(
            scale * plain.percentile_ns(percentile), rel=2e-3
        )


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("google_benchmark.json", lambda d: d.pop("benchmarks"), "has no 'benchmarks'"),
        ("google_benchmark.json", lambda d: d["benchmarks"].clear(), "aggregates alone"),
        ("google_benchmark.json", lambda d: d["benchmarks"][0].update(time_unit="h"), "time_unit 'h'"),
        (
            "google_benchmark.json",
            lambda d: d["benchmarks"][0].update(real_time=-1),
            r"benchmarks\[0\].real_time",
        ),
        (
            "google_benchmark.json",
            lambda d: d["benchmarks"][0].update(error_occurred=True, error_message="no disk"),
            "failed: no disk",
        ),
        ("pytest_benchmark.json", lambda d: d["benchmarks"][0]["stats"].pop("data"), "--benchmark-save-data"),
        ("pytest_benchmark.json", lambda d: d["benchmarks"].clear(), "no measurement"),
        ("pytest_benchmark.json", lambda d: d.update(machine_info=[]), "machine_info: is not an object"),
        ("hyperfine.json", lambda d: d["results"][0]["exit_codes"].append(1), "'sleep' failed"),
        ("hyperfine.json", lambda d: d["results"][0].update(times="fast"), "times: is not a list"),
        ("hyperfine.json", lambda d: d["results"][0]["times"].append(True), "not a number"),
    ],
)
def test_a_malformed_value_is_refused_with_its_place(
    name: str, change: Callable[[Any], object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        IMPORTERS[name](changed(name, change))


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"\xff", b"1.0,1.0,1.0,HISTFAAA\n"])
def test_a_log_without_a_histogram_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        import_hlog(request_of("hdr_histogram_js.hlog", data=data))


def test_an_unknown_unit_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no unit 'h'"):
        import_hlog(request_of("hdr_histogram_js.hlog", unit="h"))


def test_unit_conversion_keeps_the_decimal_digits() -> None:
    assert to_nanoseconds(0.0069, "s") == 6_900_000.0
    assert to_nanoseconds(1.1e-6, "s") == 1_100.0
    assert to_nanoseconds(2.5, "us") == 2_500.0


def test_equal_names_are_numbered() -> None:
    made = measurements_ns([("a/b", [1.0]), ("a:b", [2.0]), ("x" * 80, [3.0]), ("x" * 90, [4.0])])
    assert [series.name for series in made] == ["a-b", "a-b-2", "x" * 64, "x" * 58 + "-2"]
    assert len({series.name for series in made}) == 4


def test_dates_without_a_zone_are_utc_and_other_texts_are_none() -> None:
    assert parse_date_ns("1970-01-01T00:00:01") == parse_date_ns("1970-01-01T01:00:01+01:00") == 10**9
    assert parse_date_ns("2019/01/01-12:00:00") is None


def test_a_time_that_no_unit_can_hold_is_refused_with_its_place() -> None:
    document = {"results": [{"command": "sleep", "times": [1.7e299]}]}
    with pytest.raises(InvalidInput, match=r"times\[0\]: is not a number from 0 to 1e\+30"):
        import_hyperfine(ImportRequest("run.json", json.dumps(document).encode(), 0))
