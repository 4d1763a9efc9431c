"""The registry at a million runs: how long each query takes, compared with a naive scan of the folders.

The index is made in full, by a generator; folders are sampled, because only `reindex` and the naive
scan open them, and both cost the same for each. Figures are the least and the median of the repeats,
in processor time and by the clock. usage: scripts/bench_registry.py [--rows N] [--folders N]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict
from obrelease.registry.check_folder import check_folder
from obrelease.registry.entry import Entry, read_entry
from obrelease.registry.filter import Filter, parse_filter
from obrelease.registry.fsck import fsck
from obrelease.registry.index import directory_stamps, rebuild, write_buffer
from obrelease.registry.index.database import connect
from obrelease.registry.index.rows import row_of
from obrelease.registry.layout import INDEX_NAME, run_location
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.workers import map_in_chunks
from tests.drafts import draft

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("bench", "stress", "architectures", "replay")
SCENARIOS = ("baseline", "x10", "x100", "x1000", "thin", "crossed", "bursts", "auction", "sparse", "deep")
CORES = ("native", "reference")
FIRST_NS = 1_760_000_000_000_000_000
STEP_NS = 60_000_000_000
RUNS_PER_COMMIT = 1_000
FAILS_EVERY = 10_000
LARGE_BYTES = 256 * 2**20


def scenario_folder(number: int) -> tuple[str, str]:
    """Forty scenario folders, filled in turn."""
    return KINDS[number % 4], SCENARIOS[number // 4 % 10]


def made_up(root: Path, number: int) -> Entry:
    """The row of a run that has no folder; the same for the same number."""
    kind, scenario = scenario_folder(number)
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    core = CORES[number // 40 % 2]
    return Entry(
        digest=digest,
        kind=kind,
        scenario=scenario,
        root=root,
        location=run_location(kind, scenario, digest),
        created_ns=FIRST_NS + number * STEP_NS,
        size_bytes=60_000,
        core=core,
        commit=hashlib.sha1(b"%d" % (number // RUNS_PER_COMMIT)).hexdigest(),
        dirty=False,
        workload=scenario,
        messages=200_000,
        events_digest=hashlib.sha256(f"{kind}{scenario}{number // 40 % 5}".encode()).hexdigest(),
        checks_failed=int(number % FAILS_EVERY == 0),
    )


def make_index(root: Path, rows: int) -> float:
    """An index of so many rows, with stamps of its forty (empty) scenario folders.

    Returns:
        Seconds of processor time for filling the index, the making of the entries left out.
    """
    for number in range(40):
        (root / "/".join(scenario_folder(number))).mkdir(parents=True)
    start = time.process_time()
    for number in range(rows):
        made_up(root, number)
    making = time.process_time() - start
    start = time.process_time()
    with closing(connect(root / INDEX_NAME)) as connection:
        key = connection.seal_key
        rebuild.replace_rows(connection, (row_of(made_up(root, number), key) for number in range(rows)))
        filling = time.process_time() - start - making
        stamps = [
            (location, stamp.text) for location, stamp in directory_stamps.read_directory_stamps(root).items()
        ]
        connection.executemany("INSERT OR REPLACE INTO scenario_folder VALUES (?, ?)", stamps)
    return filling


def make_folders(root: Path, folders: int) -> None:
    """Real folders: the envelope of a committed run with another instant each, and four small files."""
    source = min((ROOT / "results" / "bench").glob("*/*/artefact.json"))
    value: dict[str, Any] = parse_strict(source.read_bytes(), str(source))
    content = {f"part-{number}.csv": b"a,b\n1,2\n" * 100 * (number + 1) for number in range(4)}
    value["histograms"] = []
    value["files"] = [
        {"media_type": "text/csv", "path": path, "sha256": digest_bytes(data), "size": len(data)}
        for path, data in content.items()
    ]
    for number in range(folders):
        kind, scenario = scenario_folder(number)
        created = {"created_ns": str(FIRST_NS + number * STEP_NS)}
        data = canonical_bytes(value | {"kind": kind, "scenario": scenario} | created)
        folder = root / run_location(kind, scenario, digest_bytes(data))
        folder.mkdir(parents=True)
        (folder / ENVELOPE_NAME).write_bytes(data)
        for path, part in content.items():
            (folder / path).write_bytes(part)


def timed(action: Callable[[], object], repeats: int) -> tuple[float, float, float, float]:
    """Least and median milliseconds of processor time (of child processes too), then of the clock."""
    spent = [spent_s(action) for _ in range(repeats)]
    wall, cpu = ([1_000 * pair[at] for pair in spent] for at in (0, 1))
    return min(cpu), median(cpu), min(wall), median(wall)


def print_timing(what: str, action: Callable[[], object], repeats: int, bar: str = "") -> None:
    """One line of the table."""
    figures = timed(action, repeats)
    print(f"{what:58s}" + "".join(f"{figure:10.3f}" for figure in figures) + f"   {bar}", flush=True)


def questions(rows: int) -> Iterator[tuple[str, Filter, int | None]]:
    """Filters as a person types them, narrow and wide."""
    commit = hashlib.sha1(b"%d" % (rows // RUNS_PER_COMMIT // 2)).hexdigest()
    events = hashlib.sha256(b"benchx1003").hexdigest()
    since = f"since={FIRST_NS + (rows - 2_000) * STEP_NS}"
    for words, limit in (
        (f"kind=bench scenario=x100 core=native commit={commit[:8]}..", None),
        (f"commit={commit[:8]}..", None),
        (f"kind=bench scenario=x100 {since}", None),
        (since, None),
        ("kind=bench scenario=x100 core=native", 50),
        (f"events={events[:6]}..", 50),
        (f"kind=bench scenario=x100 core=native events={events[:6]}.. {since}", None),
        ("kind=replay scenario=x100 core=native dirty=yes", None),
        ("checks=failed", None),
        ("kind=imported", None),
        ("core=none", None),
        ("dirty=yes", None),
        ("", 50),
    ):
        yield words, parse_filter(words), limit


def ask(root: Path, rows: int) -> None:
    """The index's own figures."""
    registry = Registry(root)
    print(f"\nindex of {rows:,} rows, {(root / INDEX_NAME).stat().st_size / 2**20:,.0f} MiB")
    prefixes = iter([made_up(root, number * 7919 % rows).digest[:12] for number in range(1_000)])
    print_timing("show: a run by 12 digits", lambda: registry.resolve(next(prefixes)), 50, "bar 5 ms")
    print_timing("show: latest", lambda: registry.resolve("latest"), 50, "bar 5 ms")
    for words, where, limit in questions(rows):
        found = len(registry.find(where, limit=limit))
        shown = f"list: {words[:38] or '(all)'}{f' --limit {limit}' if limit else ''}: {found}"
        print_timing(
            shown, lambda where=where, limit=limit: registry.find(where, limit=limit), 20, "bar 50 ms"
        )
    inserted = [made_up(root, rows + number) for number in range(3_000)]
    with closing(connect(root / INDEX_NAME)) as connection:

        def insert(count: int) -> None:
            entries = [inserted.pop() for _ in range(count)]
            connection.execute("BEGIN IMMEDIATE")
            write_buffer.insert_rows(connection, [row_of(entry, connection.seal_key) for entry in entries])
            connection.execute("COMMIT")

        def insert_until_they_move() -> None:
            for _ in range(write_buffer.MAX_BUFFERED_ROWS + 1):
                insert(1)

        each = write_buffer.MAX_BUFFERED_ROWS + 1
        print_timing("insert: 1 row, synced", lambda: insert(1), 200, "bar 1 ms")
        print_timing(
            f"insert: {each} rows, each synced, with the one move", insert_until_they_move, 3, f"{each} ms"
        )
        print_timing("insert: 1,000 rows at once, synced", lambda: insert(1_000), 2, "1,000 ms")


def sample(root: Path, folders: int, rows: int, per_row_us: float) -> None:
    """What opens folders: reindex, the naive scan that any query needs without an index, and validate."""

    def rates(figures: tuple[float, float, float, float]) -> str:
        cpu, wall = (folders / figures[at] * 1_000 for at in (0, 2))
        return f"{cpu:,.0f} runs/s of processor time, {wall:,.0f} by the clock"

    print(f"\n{folders:,} real folders")
    print(f"reindex: {rates(timed(lambda: Registry(root).reindex(), 3))} (bar 20,000)")
    print(f"  of which filling the index, at {rows:,} rows: {per_row_us:.1f} us a row")
    locations = [entry.location for entry in Registry(root).find(Filter())]
    where = parse_filter("kind=bench scenario=x100 core=native")
    naive = timed(
        lambda: list(filter(where.accepts, (read_entry(root, location) for location in locations))), 3
    )
    hours = f"{naive[0] / folders * rows / 1_000:,.0f} s for {rows:,} runs, whatever is asked"
    print(f"naive scan: {rates(naive)}; so {hours}")
    some = locations[:10_000]
    listed = [root / location for location in some]

    def validate() -> int:
        with map_in_chunks(_count_findings, listed) as chunks:
            return sum(chunks)

    checked = timed(validate, 3)
    seconds = f"{checked[0] / 1_000:.1f} s of processor time, {checked[2] / 1_000:.1f} s by the clock"
    print(f"validate: {len(some):,} artefacts of five files in {seconds} (bar 10 s)")


def _count_findings(folders: Sequence[Path]) -> int:
    return sum(len(check_folder(folder).problems) for folder in folders)


def hash_speed(root: Path) -> None:
    """`fsck` on large files compared with plain sha256 of the same files on as many processors, in turn."""
    registry = Registry(root)
    block = hashlib.sha256(b"block").digest() * 32_768
    big = root.parent / "big"
    for number in range(4):
        with big.open("wb") as file:
            for _ in range(LARGE_BYTES // len(block)):
                file.write(block)
        registry.record(draft(number), [NewFile("large.bin", "application/octet-stream", big)])
    big.unlink()
    names = "\n".join(str(path) for path in root.rglob("large.bin"))
    processor_count = len(os.sched_getaffinity(0))
    for tool in (["openssl", "dgst", "-sha256"], ["sha256sum"]):
        command = ["xargs", "-P", str(processor_count), "-n", "1", *tool]
        ratios, cpu = list[float](), list[float]()
        for _ in range(7):
            plain_s, plain_cpu_s = spent_s(
                lambda command=command: subprocess.run(
                    command, input=names, text=True, check=True, capture_output=True
                )
            )
            ours_s, ours_cpu_s = spent_s(lambda: fsck(root))
            ratios.append(plain_s / ours_s)
            cpu.append(plain_cpu_s / ours_cpu_s)
        print(
            f"fsck of 4 x {LARGE_BYTES >> 20} MiB compared with {tool[0]} on {processor_count} processors: "
            f"{median(ratios):.0%} of its speed ({min(ratios):.0%} to {max(ratios):.0%}), "
            f"{median(cpu):.0%} by processor time ({min(cpu):.0%} to {max(cpu):.0%}); bar 80%"
        )


def spent_s(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time here and in processes that ended."""
    before, own, start = os.times(), time.process_time(), time.perf_counter()
    action()
    wall, own, after = time.perf_counter() - start, time.process_time() - own, os.times()
    return wall, own + sum(after[2:4]) - sum(before[2:4])


def main() -> None:
    """Make the index and the folders, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folders", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-registry-") as scratch:
        made, sampled, large = (Path(scratch) / name for name in ("index", "folders", "large"))
        filling = make_index(made, asked.rows)
        print(f"{'':58s}   cpu min   cpu med  wall min  wall med  (ms)")
        ask(made, asked.rows)
        make_folders(sampled, asked.folders)
        sample(sampled, asked.folders, asked.rows, filling / asked.rows * 1e6)
        hash_speed(large)


if __name__ == "__main__":
    main()
