"""Fuzzes every reader of untrusted bytes: anything but a value or an error of the trees is a finding.

usage: scripts/fuzz_readers.py [--seconds N] [--findings FOLDER] [--list] [READER ...]

Each reader runs N seconds (default 60) in a process of its own, with at most 512 MiB above the idle program. The
process is guided by coverage if `atheris` is installed; otherwise known inputs are changed at random. An input that
raises another exception, takes more than 10 s, or ends the process is written to FOLDER (default `fuzz-findings`).
The last lines are a table: reader, executions, seconds, findings. Exit code 1: there are findings.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import ModuleType

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "engine")]

MEMORY_BYTES = 512 * 2**20
SLOW_S = 10.0
GRACE_S = 600
INSTRUMENTED = ["obrelease", "obengine", "tomllib", "zipfile", "gzip", "csv"]


def coverage_guide() -> ModuleType | None:
    """The atheris package, if it is installed."""
    try:
        import atheris
    except ImportError:
        return None
    return atheris


class Fuzzed:
    """One reader in this process: counts executions, keeps each kind of finding once.

    The last input is in `last`, so that a process that is killed leaves it behind.
    """

    def __init__(self, name: str, findings: Path, seconds: float) -> None:
        from tests.faults.fuzzed_readers import read_once, seeds

        self.name, self.findings, self._read = name, findings, read_once
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self.seeds = sorted(set(seeds(name, self._folder)))
        self.executions, self.kinds = 0, set[str]()
        self._last = findings / f"{slug(name)}-last"
        self._start = time.monotonic()
        self._end = self._start + seconds

    def limit_memory(self) -> None:
        """Let this process use no more than `MEMORY_BYTES` above what it has now."""
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def execute(self, data: bytes) -> None:
        """Read an input; record a finding, and finish at the end of the time."""
        self._last.write_bytes(data)
        self.executions += 1
        start = time.process_time()
        try:
            self._read(self.name, data, self._folder)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._record(f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}", data)
        if time.process_time() - start > SLOW_S:
            self._record("slow", data)
        if time.monotonic() > self._end:
            self.finish()

    def _record(self, kind: str, data: bytes) -> None:
        if kind not in self.kinds:
            self.kinds.add(kind)
            (self.findings / f"{slug(self.name)}-{len(self.kinds)}").write_bytes(data)
            traceback.print_exc()

    def finish(self) -> None:
        """Print the result as the last line, and end the process."""
        self._last.unlink()
        seconds = round(time.monotonic() - self._start, 1)
        result = {"executions": self.executions, "seconds": seconds, "findings": sorted(self.kinds)}
        print(json.dumps(result), flush=True)
        os._exit(0)


def fuzz_here(name: str, seconds: float, findings: Path) -> None:
    """Fuzz one reader in this process, which then ends."""
    guide = coverage_guide()
    if guide is not None:
        with guide.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
            import tests.faults.fuzzed_readers  # noqa: F401
    from tests.faults.mutation import changed_json, mutated

    fuzzed = Fuzzed(name, findings, seconds)
    source = random.Random(name)
    fuzzed.limit_memory()
    for data in fuzzed.seeds:
        fuzzed.execute(data)
    if guide is None:
        while True:
            fuzzed.execute(mutated(source, fuzzed.seeds))

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chosen = random.Random(seed)
        if chosen.random() < 0.3:
            changed = changed_json(chosen, data) if data[:1] in {b"{", b"["} else None
            return (changed or mutated(chosen, [data, *fuzzed.seeds]))[:max_size]
        return guide.Mutate(data, max_size)

    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(fuzzed.seeds):
            Path(corpus, str(number)).write_bytes(data)
        options = [
            "-max_len=131072",
            "-rss_limit_mb=0",
            "-timeout=120",
            "-verbosity=0",
            "-print_final_stats=0",
        ]
        guide.Setup(["fuzz", *options, corpus], fuzzed.execute, custom_mutator=mutate)
        guide.Fuzz()


def fuzz_in_child(name: str, seconds: float, findings: Path) -> dict[str, object]:
    """The result of one reader, fuzzed in a process of its own."""
    command = [
        sys.executable,
        __file__,
        "--here",
        "--seconds",
        str(seconds),
        "--findings",
        str(findings),
        name,
    ]
    start = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE_S, check=False)
        lines, ended = done.stdout.splitlines(), f"ended with {done.returncode}: {done.stderr[-300:]}"
    except subprocess.TimeoutExpired:
        lines, ended = [], "the process does not end"
    if lines and lines[-1].startswith("{"):
        return dict(json.loads(lines[-1]))
    seconds = round(time.monotonic() - start, 1)
    return {"executions": 0, "seconds": seconds, "findings": [f"{ended}; input in {slug(name)}-last"]}


def slug(name: str) -> str:
    """A reader's name as part of a file name."""
    return "".join(c if c.isalnum() else "-" for c in name)


def main() -> int:
    """Fuzz the chosen readers one after another."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", nargs="*", metavar="READER")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    chosen.findings.mkdir(parents=True, exist_ok=True)
    if chosen.here:
        fuzz_here(chosen.readers[0], chosen.seconds, chosen.findings)
    from tests.faults.fuzzed_readers import FUZZED

    if chosen.list:
        print("\n".join(FUZZED))
        return 0
    if unknown := set(chosen.readers) - FUZZED.keys():
        parser.error(f"unknown readers: {', '.join(sorted(unknown))}; --list shows them")
    results = {}
    for name in chosen.readers or FUZZED:
        results[name] = fuzz_in_child(name, chosen.seconds, chosen.findings)
        print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    for name, result in results.items():
        print(
            f"{name:<26}{result['executions']:>12,}{result['seconds']:>8}  {'; '.join(result['findings']) or '-'}"
        )
    print(
        f"{'total':<26}{sum(r['executions'] for r in results.values()):>12,}{sum(r['seconds'] for r in results.values()):>8.0f}"
    )
    return 1 if any(result["findings"] for result in results.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
