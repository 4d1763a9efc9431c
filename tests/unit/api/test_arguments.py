"""Arguments of the API: entries wherever a name is taken, and errors of the package for wrong ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from obrelease import (
    Entry,
    InvalidInput,
    Metric,
    Project,
    Registry,
    UsageError,
    compare,
    gate,
    limits,
    publish,
    record,
)
from obrelease.api import run_architectures, run_bench, run_profile, run_replay, run_stress
from obrelease.registry.store import Registry as Store
from obrelease.storage.limits import Resource, charge
from tests.unit.release.project import git


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    return [
        record(
            f"s{number}", producer="p", version="1", metrics=[Metric("m", "ms", [1 + number])],
            registry=tmp_path / "results",
        )
        for number in range(2)
    ]  # fmt: skip


def test_a_run_is_an_entry_or_a_name_everywhere(tmp_path: Path, entries: list[Entry]) -> None:
    registry = Registry.open(tmp_path / "results")
    one, other = entries
    assert registry.resolve(one) == registry.resolve(one.digest) == one
    sides: list[tuple[Any, Any]] = [
        (one, other), ([one], [other]), ([one.digest], [other.digest[:12]]), (one.digest, [other]),
    ]  # fmt: skip
    for base, head in sides:
        report = compare(base, head, project=tmp_path, force=True)
        assert report.single.metrics[0].ratio == pytest.approx(2)


def test_a_published_run_is_an_entry_or_a_name(tmp_path: Path, entries: list[Entry]) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "made up")
    for run in (entries[0], entries[0].digest):
        planned = publish("v1.0", runs=[run], dry_run=True, project=tmp_path)
        assert planned.plan.runs == (entries[0].digest,)
    assert len(publish("v1.0", dry_run=True, project=tmp_path).plan.runs) == 2


@pytest.mark.parametrize(
    ("runs", "message"), [([], "no run was chosen"), ((), "no run was chosen"), ("deadbeef", "not a list")]
)
def test_no_run_is_not_all_runs(tmp_path: Path, entries: list[Entry], runs: Any, message: str) -> None:
    assert entries
    with pytest.raises(UsageError, match=message):
        publish("v1.0", runs=runs, project=tmp_path)


@pytest.mark.parametrize("limit", [-1, 1.5, "3", 2**70, True])
def test_a_limit_is_a_count(tmp_path: Path, limit: Any) -> None:
    with pytest.raises(UsageError, match="limit is"):
        Registry(tmp_path).find(limit=limit)
    with pytest.raises(UsageError, match="limit is"):
        Registry(tmp_path).search(limit=limit)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"kind": 3}, "kind is 3"),
        ({"scenario": ["a"]}, r"scenario is \['a'\]"),
        ({"labels": "a=b"}, "labels is 'a=b'"),
    ],
)
def test_a_condition_is_one_word(tmp_path: Path, conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Registry(tmp_path).find(**conditions)


def test_a_filter_takes_times(tmp_path: Path, entries: list[Entry]) -> None:
    registry = Registry.open(tmp_path / "results")
    now = datetime.now(UTC)
    assert len(registry.find(since=now - timedelta(days=1), until=now + timedelta(days=1))) == len(entries)
    assert registry.find(since=now + timedelta(days=1)) == ()
    assert len(registry.find(since=0)) == len(entries)


WRONG_CALLS: dict[str, Any] = {
    "find": lambda root: Registry(root).find(None),  # type: ignore[arg-type]
    "resolve": lambda root: Registry(root).resolve(1),  # type: ignore[arg-type]
    "load": lambda root: Registry(root).load(None),  # type: ignore[arg-type]
    "pin": lambda root: Registry(root).pin(1, "latest"),  # type: ignore[arg-type]
    "unpin": lambda root: Registry(root).unpin(None),  # type: ignore[arg-type]
    "gc number": lambda root: Registry(root).gc(grace=0),  # type: ignore[arg-type]
    "gc time": lambda root: Registry(root).gc(grace=timedelta(0)),  # type: ignore[arg-type]
    "registry": lambda _: Registry(None),  # type: ignore[arg-type]
    "open": lambda _: Registry.open("a\0b"),
    "project": lambda _: Project.at(3),  # type: ignore[arg-type]
    "project name": lambda root: Project.at(root, name="My Project"),
    "compare": lambda root: compare(3, 4, project=root),  # type: ignore[arg-type]
    "compare items": lambda root: compare([3], [4], project=root),  # type: ignore[list-item]
    "compare project": lambda _: compare("a", "b", project=None),  # type: ignore[arg-type]
    "gate": lambda _: gate(None),  # type: ignore[arg-type]
    "tag": lambda root: publish(None, project=root),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_a_wrong_argument_is_a_usage_error(call: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        WRONG_CALLS[call](tmp_path)


def test_messages_of_the_api_name_no_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^grace 'soon': not a time"):
        Registry(tmp_path).gc(grace="soon")


def test_a_folder_that_may_not_be_entered_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obrelease import StorageError

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        Registry.open(tmp_path / "x")
    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        Project.at(tmp_path / "x")


def test_the_default_name_of_a_project_is_that_of_init(tmp_path: Path) -> None:
    assert Project.at(tmp_path / "My Project").name == "my-project"


def test_a_run_recorded_below_the_api_is_bound_to_the_same_names(tmp_path: Path) -> None:
    from obrelease.errors import InvalidInput
    from obrelease.storage.durable import NewFile
    from tests.drafts import draft

    with pytest.raises(InvalidInput, match=r"file 'com1\.log' of the run"):
        Store(tmp_path).record(draft(), [NewFile("com1.log", "text/plain", b"")])


@pytest.mark.parametrize(
    ("mode", "arguments", "name"),
    [
        (run_bench, {"scenario": 7}, "scenario"),
        (run_bench, {"seed": "42"}, "seed"),
        (run_bench, {"seed": True}, "seed"),
        (run_bench, {"passes": 2.5}, "passes"),
        (run_bench, {"messages": "10"}, "messages"),
        (run_bench, {"core": None}, "core"),
        (run_bench, {"fresh_processes": "no"}, "fresh_processes"),
        (run_bench, {"log": 3}, "log"),
        (run_stress, {"arrivals": b"poisson"}, "arrivals"),
        (run_stress, {"scales": "12"}, "scales"),
        (run_stress, {"scales": [1, "2"]}, "scales"),
        (run_stress, {"scales": 1}, "scales"),
        (run_stress, {"rate": 1.5}, "rate"),
        (run_stress, {"sweep": 1}, "sweep"),
        (run_architectures, {"seeds": [None]}, "seeds"),
        (run_architectures, {"messages": [1]}, "messages"),
        (run_replay, {"file": 5}, "file"),
        (run_replay, {"risk": b"x"}, "risk"),
        (run_replay, {"passes": "1"}, "passes"),
        (run_profile, {"profiler": None}, "profiler"),
    ],
)
def test_arguments_of_a_wrong_type_are_named_by_the_modes(
    tmp_path: Path, mode: Any, arguments: dict[str, Any], name: str
) -> None:
    with pytest.raises(UsageError, match=f"^{name} is "):
        mode(project=tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_limits_hold_for_the_block_and_the_outer_ones_win() -> None:
    def read(size: int) -> None:
        charge(Resource.DOWNLOADED, size, "x")

    with limits(1_000), limits("1G"), pytest.raises(InvalidInput, match="1,000 downloaded bytes"):
        read(1_001)
    with limits("2K"):
        read(2_048)
    read(10**15)


@pytest.mark.parametrize("size", [0, -1, True, None, 1.5, "much", ""])
def test_limits_are_sizes(size: Any) -> None:
    with pytest.raises(UsageError), limits(size):
        pass
