"""Measure the cells of a sweep in this process, which serves many of them."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

from obrelease.api.clock import now_ns
from obrelease.api.measured_runs import measuring_command, record_measured, side_here
from obrelease.api.producer import this_program
from obrelease.api.project import Project
from obrelease.errors import UsageError
from obrelease.importers.formats import importer_named
from obrelease.measurement.benchmark import Benchmark
from obrelease.measurement.build_tree import build_tree
from obrelease.measurement.measure_benchmark import BenchmarkMeasurement
from obrelease.measurement.sides import Side
from obrelease.measurement.sweeps.cell_registry import CellRegistry
from obrelease.measurement.sweeps.cells import BenchWork, Cell, CommandWork
from obrelease.measurement.sweeps.expand import value_text
from obrelease.models.artefact import MAX_NAME, Producer
from obrelease.recorder.bench import record_bench
from obrelease.registry.entry import Entry
from obrelease.remote.git.checkout import check_out
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.reporter import SILENT
from obrelease.storage.temporary import temporary_folder
from obrelease.version import VERSION


class CellMeasurement:
    """What is made once for many cells: source trees, builds and the facts of this program."""

    def __init__(self, project: Project, scratch: Path) -> None:
        """Measure cells of a project; source trees are checked out below `scratch`."""
        self._project = project
        self._scratch = scratch
        self._trees: dict[str, Side] = {}
        self._built: set[tuple[str | None, str | tuple[str, ...]]] = set()
        self._producer = cache(partial(this_program, project, SILENT))

    def measure(self, cell: Cell, registry: CellRegistry) -> Entry:
        """Measure a cell and record its run.

        Raises:
            MeasurementFailed: the build or the command failed.
            InvalidInput: the results file is malformed, or has more than one run.
            NotFound: a program, a core or a commit does not exist.
            NotReproduced: two passes of the engine gave different events.
            StorageError: the disk refused.
        """
        if isinstance(cell.work, BenchWork):
            return self._bench(cell.work, registry)
        return self._command(cell, cell.work, registry)

    def _bench(self, work: BenchWork, registry: CellRegistry) -> Entry:
        producer: Producer = self._producer(work.core)
        return record_bench(
            registry,
            scenario=work.scenario,
            seed=int(work.seed),
            core=work.core,
            passes=work.passes,
            messages=work.messages,
            pictures=False,
            created_ns=now_ns(),
            producer=producer,
        )

    def _command(self, cell: Cell, work: CommandWork, registry: CellRegistry) -> Entry:
        benchmark = _benchmark(cell, work)
        side = self._side(work.commit)
        if benchmark.build is not None and (work.commit, benchmark.build) not in self._built:
            build_tree(benchmark, side.folder, side.name)
            self._built.add((work.commit, benchmark.build))
        measurement = BenchmarkMeasurement(
            benchmark, [side], version=VERSION, now_ns=now_ns, cpu_count=os.cpu_count() or 1
        )
        measurement.prepare()
        record = partial(record_measured, registry, measuring_command(benchmark), named=True)
        ((entry, *_),) = measurement.run_sides(record, 1, _ignore)
        return entry

    def _side(self, commit: str | None) -> Side:
        """The folder to measure in: the work tree, or a checkout, made once for all cells of its commit."""
        if commit is None:
            return side_here(self._project, self._project.root.resolve(), SILENT)
        if commit not in self._trees:
            tree = self._scratch / f"tree-{len(self._trees):06}"  # of equal length: see `side_trees`
            with GitRepository.open(self._project.root) as repo:
                below = self._project.root.resolve().relative_to(repo.root)
                check_out(repo, commit, tree)
            self._trees[commit] = Side("commit", tree / below, commit, dirty=False)
        return self._trees[commit]


def _ignore(_: int) -> None:
    return


def _benchmark(cell: Cell, work: CommandWork) -> Benchmark:
    point = {name: value for name, value in cell.point.items() if name != "commit" or work.commit is None}
    title = " ".join([work.name, *(f"{name}={value_text(value)}" for name, value in point.items())])
    return Benchmark(
        title=title[:MAX_NAME],
        run=work.run,
        build=work.build,
        format=work.format,
        files=work.files,
        environment=work.environment,
        runs=1,
        executions=work.executions,
    )


def check_commands(cells: tuple[Cell, ...]) -> None:
    """Check what can be known of the commands before anything is measured.

    Raises:
        UsageError: no such format, or files without a format.
    """
    seen: set[tuple[str, str | None]] = set()
    for cell in cells:
        if isinstance(cell.work, CommandWork) and (cell.work.name, cell.work.format) not in seen:
            seen.add((cell.work.name, cell.work.format))
            try:
                _benchmark(cell, cell.work)
                if cell.work.format is not None:
                    importer_named(cell.work.format)
            except UsageError as error:
                raise UsageError(f"command {cell.work.name!r}: {error.message}", hint=error.hint) from error


@contextmanager
def cell_measurement(project: Project) -> Iterator[CellMeasurement]:
    """A measurement of cells with its scratch folder, for as long as the block.

    What is loaded by now is left out of later garbage collections: the engine collects before it times, and
    would walk over every imported module for each cell.
    """
    with ExitStack() as held:
        scratch = held.enter_context(temporary_folder())
        gc.freeze()
        held.callback(gc.unfreeze)
        yield CellMeasurement(project, scratch)
