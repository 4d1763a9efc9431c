"""Workers of a sweep against each other: whoever stops, dies or wakes up, a cell has one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import CheckFailed, InvalidInput, ProcessKilled, StorageError
from obrelease.measurement.sweeps.cell_registry import CellRegistry
from obrelease.measurement.sweeps.cells import BenchWork, Cell, make_cell
from obrelease.measurement.sweeps.claims import prepare_folders, read_claims, take_over
from obrelease.measurement.sweeps.outcomes import DoneCell, read_done, read_failed, write_done
from obrelease.measurement.sweeps.process_identity import ProcessIdentity, this_process
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.measurement.sweeps.worker import MAX_ATTEMPTS, Measure, Step, SweepWorker, clear_settled
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, measured, run_files

HERE = this_process()
ELSEWHERE = ProcessIdentity(host="elsewhere", boot="another", pid=1, started="1")
DEAD = HERE.model_copy(update={"started": "1"})


@pytest.fixture(autouse=True)
def own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    made = SweepFolder(tmp_path / "results", "small")
    prepare_folders(made)
    return made


def cells(count: int) -> list[Cell]:
    work = BenchWork(scenario="baseline", core="native", seed="1", passes=1)
    return [make_cell("bench", {"seed": 1}, work, repeat) for repeat in range(1, count + 1)]


def record(cell: Cell, registry: CellRegistry) -> Entry:
    return registry.record(measured(draft(cell.repeat)), run_files(cell.repeat))


def worker(folder: SweepFolder, measure: Measure = record, *, who: ProcessIdentity = HERE) -> SweepWorker:
    return SweepWorker(folder, 60, who, lambda: 1, measure, wait_s=5)


def runs(folder: SweepFolder) -> list[str]:
    registry = Registry(folder.results)
    return sorted(str(registry.load(entry).label_values["sweep.cell"]) for entry in registry.find())


class Stopped(BaseException):
    """A process that ends here, without a chance to clean up."""


def abandoned(folder: SweepFolder, cell: Cell, *, who: ProcessIdentity, at: str | None = None) -> None:
    """What a process leaves that is killed while it measures, or in the step `at` of its recording."""
    from obrelease.measurement.sweeps.claims import Claim

    class Dying(CellRegistry):
        def _before_commit(self, artefact, digest):  # type: ignore[no-untyped-def]
            super()._before_commit(artefact, digest)
            if at == "before commit":
                raise Stopped

    def measure(cell: Cell, registry: CellRegistry) -> Entry:
        if at is None:
            raise Stopped
        registry.__class__ = Dying
        record(cell, registry)
        raise Stopped

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(Claim, "release", lambda self: None)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    try:
        with pytest.raises(Stopped):
            worker(folder, measure, who=who).step([cell])
    finally:
        monkeypatch.undo()


@pytest.mark.parametrize("at", [None, "before commit", "after commit"])
def test_a_cell_of_a_dead_process_is_recorded_once(folder: SweepFolder, at: str | None) -> None:
    (cell,) = cells(1)
    abandoned(folder, cell, who=DEAD, at=at)
    assert runs(folder) == ([cell.key] if at == "after commit" else [])
    assert worker(folder).step([cell]) is Step.SETTLED
    assert worker(folder).step([cell]) is Step.FINISHED
    assert runs(folder) == [cell.key]
    (entry,) = Registry(folder.results).find()
    assert read_done(folder)[cell.key].digest == entry.digest
    assert [list(place.iterdir()) for place in (folder.claims, folder.retired, folder.incoming)] == [
        [],
        [],
        [],
    ]


def test_what_a_process_leaves_that_is_killed_after_its_cell_is_settled_is_removed(
    folder: SweepFolder,
) -> None:
    (cell,) = cells(1)
    abandoned(folder, cell, who=DEAD, at="after commit")
    (entry,) = Registry(folder.results).find()
    write_done(folder, DoneCell(key=cell.key, digest=entry.digest, host="h", finished_ns="1", milliseconds=1))
    assert len(read_claims(folder)) == 1
    clear_settled(folder, HERE)
    assert not any(any(place.iterdir()) for place in (folder.retired, folder.incoming))
    assert read_claims(folder) == ()
    assert runs(folder) == [cell.key]


def test_a_process_elsewhere_is_left_alone_until_its_heartbeat_stands_still(folder: SweepFolder) -> None:
    first, second = cells(2)
    abandoned(folder, first, who=ELSEWHERE)
    now = [0.0]
    mine = worker(folder)
    object.__setattr__(mine.watch, "_clock", lambda: now[0])
    assert mine.step([first, second]) is Step.SETTLED
    assert runs(folder) == [second.key]
    assert mine.step([first, second]) is Step.BUSY
    (claim,) = read_claims(folder)
    for now[0] in (59.0, 61.0, 119.0):
        beat = folder.claims / claim.key / claim.token / "beat"
        beat.write_text(str(now[0]))
        assert mine.step([first, second]) is Step.BUSY
    now[0] = 178.0
    assert mine.step([first, second]) is Step.BUSY
    now[0] = 179.0
    assert mine.step([first, second]) is Step.SETTLED
    assert sorted(runs(folder)) == sorted([first.key, second.key])


@pytest.mark.parametrize("jump_ns", [-10 * 365 * 86_400 * 10**9, 10 * 365 * 86_400 * 10**9])
def test_a_clock_that_jumps_takes_nothing_over(folder: SweepFolder, jump_ns: int) -> None:
    """The claim is older or younger by ten years than the clock of the watcher says."""
    (cell,) = cells(1)
    start_ns = 20 * 365 * 86_400 * 10**9
    abandoned(folder, cell, who=ELSEWHERE)
    mine = replace(worker(folder), now_ns=lambda: start_ns + jump_ns)
    assert [mine.step([cell]) for _ in range(3)] == [Step.BUSY] * 3
    assert runs(folder) == []


def test_a_worker_that_was_taken_for_dead_records_nothing_when_it_goes_on(folder: SweepFolder) -> None:
    """While the first one measures, another takes over, measures and records; then the first goes on."""
    (cell,) = cells(1)

    def sleepy(cell: Cell, registry: CellRegistry) -> Entry:
        (claim,) = read_claims(folder)
        assert take_over(folder, claim)
        held = pytest.MonkeyPatch()
        held.setattr("obrelease.measurement.sweeps.worker.host_lock", no_lock)
        try:
            assert worker(folder).step([cell]) is Step.SETTLED
        finally:
            held.undo()
        return registry.record(measured(draft(99)), run_files(99))

    assert worker(folder, sleepy).step([cell]) is Step.LOST
    assert runs(folder) == [cell.key]
    (entry,) = Registry(folder.results).find()
    assert read_done(folder)[cell.key].digest == entry.digest
    assert read_failed(folder) == {}


def test_a_claim_taken_over_between_two_files_does_not_come_back(folder: SweepFolder) -> None:
    (cell,) = cells(1)

    class TakesOver(NewFile):
        @property
        def content(self) -> bytes:  # type: ignore[override]
            for claim in read_claims(folder):
                take_over(folder, claim)
            return b"late"

    def measure(cell: Cell, registry: CellRegistry) -> Entry:
        file = object.__new__(TakesOver)
        object.__setattr__(file, "path", "zz/late.txt")
        object.__setattr__(file, "media_type", "text/plain")
        return registry.record(measured(draft(1)), [*run_files(1), file])

    assert worker(folder, measure).step([cell]) is Step.LOST
    assert runs(folder) == []
    assert read_claims(folder) == ()
    assert worker(folder).step([cell]) is Step.SETTLED
    assert runs(folder) == [cell.key]


def no_lock(*_: object, **__: object) -> object:
    from contextlib import nullcontext

    return nullcontext()


def test_of_two_workers_one_has_the_cell(folder: SweepFolder) -> None:
    (cell,) = cells(1)
    seen: list[Step] = []

    def measure(cell: Cell, registry: CellRegistry) -> Entry:
        held = pytest.MonkeyPatch()
        held.setattr("obrelease.measurement.sweeps.worker.host_lock", no_lock)
        try:
            seen.append(worker(folder).step([cell]))
        finally:
            held.undo()
        return record(cell, registry)

    assert worker(folder, measure).step([cell]) is Step.SETTLED
    assert seen == [Step.BUSY]
    assert runs(folder) == [cell.key]


def failing(error: Exception) -> Measure:
    def measure(cell: Cell, registry: CellRegistry) -> Entry:
        raise error

    return measure


def test_a_failure_is_noted_once_and_not_repeated(folder: SweepFolder) -> None:
    (cell,) = cells(1)
    assert worker(folder, failing(CheckFailed("no\x1b such luck"))).step([cell]) is Step.SETTLED
    assert "\x1b" not in read_failed(folder)[cell.key].reason
    assert worker(folder).step([cell]) is Step.FINISHED


def test_a_disk_that_refuses_stops_the_worker_and_frees_the_cell(folder: SweepFolder) -> None:
    (cell,) = cells(1)
    with pytest.raises(StorageError):
        worker(folder, failing(StorageError("full"))).step([cell])
    assert worker(folder).step([cell]) is Step.SETTLED
    assert runs(folder) == [cell.key]


def test_a_measurement_that_is_killed_every_time_counts_as_failed(folder: SweepFolder) -> None:
    (cell,) = cells(1)
    mine = worker(folder, failing(ProcessKilled("killed")))
    assert [mine.step([cell]) for _ in range(MAX_ATTEMPTS)] == [Step.LOST] * MAX_ATTEMPTS
    assert mine.step([cell]) is Step.SETTLED
    assert f"ended {MAX_ATTEMPTS} times" in read_failed(folder)[cell.key].reason


def test_a_second_run_of_a_cell_is_refused(folder: SweepFolder) -> None:
    (cell,) = cells(1)

    def twice(cell: Cell, registry: CellRegistry) -> Entry:
        record(cell, registry)
        with pytest.raises(InvalidInput, match="a cell records one"):
            registry.record(measured(draft(7)), run_files(7))
        return Registry(folder.results).find()[0]

    assert worker(folder, twice).step([cell]) is Step.SETTLED
    assert runs(folder) == [cell.key]


def test_an_interrupt_frees_the_cell_at_once(folder: SweepFolder) -> None:
    (cell,) = cells(1)

    def interrupted(cell: Cell, registry: CellRegistry) -> Entry:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker(folder, interrupted).step([cell])
    assert read_claims(folder) == ()
    assert worker(folder).step([cell]) is Step.SETTLED
