"""Recording a bench: the envelope, the files of the run, and the errors."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from obrelease.analysis.histograms.histogram import summary_of
from obrelease.analysis.histograms.histogram_log import decode
from obrelease.analysis.summary.read_run import read_run
from obrelease.errors import (
    CheckFailed,
    InvalidInput,
    NotFound,
    NotReproduced,
    ObreleaseError,
    StorageError,
    UsageError,
)
from obrelease.models.artefact import Producer
from obrelease.models.metric_identity import slug
from obrelease.recorder import bench_work, core_names, scenario_names
from obrelease.recorder.bench import record_bench
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.replay import record_replay
from obrelease.registry.check_folder import check_folder
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry

PRODUCER = Producer(name="obrelease", version="0.9", commit="ab" * 20, dirty=False)
NOW_NS = 1_800_000_000_123_456_789


def tiny(registry: Registry, *, core: str = "reference", seed: int = 7, passes: int = 2) -> Entry:
    return record_bench(
        registry,
        scenario="baseline",
        seed=seed,
        core=core,
        passes=passes,
        messages=300,
        created_ns=NOW_NS,
        producer=PRODUCER,
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, Entry]:
    registry = Registry(tmp_path_factory.mktemp("results"))
    return registry, tiny(registry)


def test_the_envelope_is_valid_and_describes_the_run(recorded: tuple[Registry, Entry]) -> None:
    registry, entry = recorded
    assert not check_folder(entry.folder).problems
    artefact = registry.load(entry)
    assert artefact.command == (
        *("obrelease", "run", "bench", "--scenario", "baseline", "--seed", "7"),
        *("--core", "reference", "--passes", "2", "--messages", "300"),
    )
    assert artefact.created_ns == str(NOW_NS)
    assert artefact.producer == PRODUCER
    assert artefact.workload is not None
    assert (artefact.workload.name, artefact.workload.seed) == ("baseline", "7")
    assert artefact.parameters == {"batch-messages": 65_536, "core": "reference", "passes": 2}
    walls, warm_up, overhead = artefact.metrics
    assert (warm_up.name, len(warm_up.samples)) == ("warm-up", 1)
    assert (walls.name, walls.unit, len(walls.samples)) == ("pass-wall", "ns", 2)
    assert (overhead.name, overhead.unit, len(overhead.samples)) == ("timer-overhead", "ns", 1)
    assert str(registry.root) not in (entry.folder / "artefact.json").read_text("utf-8")


def test_every_listed_file_agrees_with_the_envelope(recorded: tuple[Registry, Entry]) -> None:
    registry, entry = recorded
    artefact = registry.load(entry)
    types = {file.path: file.media_type for file in artefact.files}
    assert types == {
        "events.digests.csv": "text/csv",
        "latency.csv": "text/csv",
        "latency.hlog": "text/plain",
        "latency.svg": "image/svg+xml",
        "summary.csv": "text/csv",
        "throughput.svg": "image/svg+xml",
    }
    (histogram,) = artefact.histograms
    figures = summary_of(decode((entry.folder / histogram.path).read_bytes()))
    assert histogram.count == figures.count == 300
    (row,) = csv.DictReader(io.StringIO((entry.folder / "summary.csv").read_text("utf-8")))
    assert row["messages"] == "300"
    assert row["latency_p50_ns"] == str(figures.p50_ns)
    assert artefact.outcome is not None
    assert row["events_digest"] == artefact.outcome.events_digest
    summary = read_run(artefact, digest=entry.digest, folder=entry.folder)
    assert row["throughput_median_msg_s"] == str(summary.throughput_msg_s)
    assert summary.checks_failed == ()


def test_one_seed_gives_one_events_digest_and_another_seed_another(recorded: tuple[Registry, Entry]) -> None:
    registry, first = recorded
    again, other = tiny(registry), tiny(registry, seed=8)
    assert again.events_digest == first.events_digest
    assert other.events_digest != first.events_digest


def test_auto_names_the_core_that_ran(recorded: tuple[Registry, Entry]) -> None:
    registry, _ = recorded
    entry = tiny(registry, core="auto", passes=1)
    assert entry.core == core_names()[0]
    assert entry.core in registry.load(entry).command


def test_a_missing_file_is_an_integrity_error_with_its_path(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    entry = tiny(registry, passes=1)
    artefact = registry.load(entry)
    (entry.folder / "latency.hlog").unlink()
    with pytest.raises(ObreleaseError, match=r"latency\.hlog") as caught:
        read_run(artefact, digest=entry.digest, folder=entry.folder)
    assert caught.value.hint


def test_progress_adds_up_to_what_was_announced(tmp_path: Path) -> None:
    seen: list[int] = []
    record_bench(
        Registry(tmp_path),
        scenario="baseline",
        seed=1,
        core="reference",
        passes=2,
        messages=300,
        created_ns=NOW_NS,
        producer=PRODUCER,
        progress=seen.append,
    )
    assert sum(seen) == bench_work("baseline", passes=2, messages=300)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scenario": "x7"}, "x7"),
        ({"scenario": "../up"}, "up"),
        ({"seed": 2**64}, "2\\^64"),
        ({"seed": -1}, "-1"),
        ({"passes": 0}, "passes"),
        ({"passes": -3}, "passes"),
        ({"messages": 0}, "messages"),
        ({"core": "quantum"}, "quantum"),
    ],
)
def test_invalid_numbers_are_usage_errors_and_record_nothing(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    asked: dict[str, object] = {"scenario": "baseline", "seed": 1, "core": "reference", "passes": 1}
    with pytest.raises(UsageError, match=message) as caught:
        record_bench(Registry(tmp_path / "results"), **(asked | changed), created_ns=1, producer=PRODUCER)  # type: ignore[arg-type]
    assert caught.value.hint
    assert not (tmp_path / "results").exists()


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        bench_work("x7", passes=1)
    assert all(name in str(caught.value.hint) for name in scenario_names())
    with pytest.raises(UsageError) as caught:
        resolve_core("quantum")
    assert "reference" in str(caught.value.hint)


def test_errors_of_the_engine_become_errors_of_the_program() -> None:
    from obengine.api import errors as engine

    feed = engine.FeedError("not a price", file="day.csv", line=3, column=5, value="x")
    cases: list[tuple[engine.EngineError, type[ObreleaseError]]] = [
        (feed, InvalidInput),
        (engine.TapeError("day.tape: cut"), InvalidInput),
        (engine.CoreUnavailable("no native core"), NotFound),
        (engine.DigestMismatch("pass 2 differs"), NotReproduced),
        (engine.BatchError("wrong dtype"), CheckFailed),
    ]
    for raised, expected in cases:
        with pytest.raises(expected) as caught, engine_errors():
            raise raised
        assert str(raised) in caught.value.message
        assert caught.value.__cause__ is raised
    with pytest.raises(InvalidInput, match=r"day\.csv:3:5"), engine_errors():
        raise feed


def test_results_that_cannot_be_written_stop_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way")
    ran: list[int] = []
    with pytest.raises(StorageError, match="not a folder"):
        record_replay(
            Registry(tmp_path / "results" / "below"),
            path=None,
            core="reference",
            passes=1,
            created_ns=1,
            producer=PRODUCER,
            progress=ran.append,
        )
    assert ran == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("AMZN_2012-06-21", "amzn_2012-06-21"),
        ("a b/../c", "a-b-..-c"),
        ("..", "unnamed"),
        ("=cmd|x", "cmd-x"),
        ("Ünï", "n"),
        ("x" * 99, "x" * 64),
        ("", "unnamed"),
    ],
)
def test_any_name_becomes_a_safe_folder_name(name: str, folder: str) -> None:
    assert slug(name) == folder
