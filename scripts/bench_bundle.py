"""How fast a bundle is packed, compared with `tar | gzip -n` on the same files: interleaved, as a ratio.

    python scripts/bench_bundle.py [--mib 64] [--rounds 7]

Prints one line per round and the median ratio of processor time; above 0.8 is the bar. Exit code 1 below it.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.bundle.writer import BundleSource, write_bundle

BAR = 0.8


def main() -> int:
    """Make files of numbers as text, pack them both ways in turn, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [made(folder / "content", number) for number in range(arguments.mib)]
        ratios = []
        for turn in range(arguments.rounds):
            ours_s = spent_s(partial(packed, folder / f"{turn}.tar.gz", sources))
            theirs_s = spent_s(lambda: piped(folder))
            ratios.append(theirs_s / ours_s)
            print(
                f"round {turn}: ours {ours_s:.3f} s, tar | gzip -n {theirs_s:.3f} s, ratio {ratios[-1]:.2f}"
            )
    median = statistics.median(ratios)
    print(f"median ratio {median:.2f} over {arguments.mib} MiB, bar {BAR}")
    return 0 if median >= BAR else 1


def made(folder: Path, number: int) -> BundleSource:
    """One MiB of lines such as a summary holds, different in each file."""
    folder.mkdir(exist_ok=True)
    lines, size, value = [], 0, number + 1
    while size < 2**20:
        value = value * 6364136223846793005 % 2**64
        lines.append(f"{number},{value % 100000},{value >> 50}\n")
        size += len(lines[-1])
    data = "".join(lines).encode()
    path = folder / f"{number:05}.csv"
    path.write_bytes(data)
    return BundleSource(path.name, path, len(data), hashlib.sha256(data).hexdigest())


def packed(target: Path, sources: list[BundleSource]) -> None:
    """Pack as a release does, digests and fsync included."""
    write_bundle(target, "demo-v1", sources, lambda _: None)
    target.unlink()


def piped(folder: Path) -> None:
    """Pack as a shell does."""
    command = "tar --format=ustar --sort=name -cf - content | gzip -n > piped.tar.gz"
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)


def spent_s(act: Callable[[], None]) -> float:
    """Processor time of this process and its children during `act`, in seconds."""
    before = used_s()
    act()
    return used_s() - before


def used_s() -> float:
    """User and system time so far."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


if __name__ == "__main__":
    sys.exit(main())
