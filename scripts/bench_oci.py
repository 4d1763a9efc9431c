"""Push speed against `skopeo copy`: the same runs to the same kind of registry, in one run, in turn.

usage: python scripts/bench_oci.py [--rounds N] [--runs N] [--json FILE]

Needs docker-registry and skopeo. Each measurement has a registry of its own, so nothing is there before.
`skopeo copy` is one process a run, as it has to be; so small runs are also compared without its start.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "engine")]

from obrelease.api.shared_registry import push_runs  # noqa: E402
from obrelease.registry.shared.run_manifest import run_manifest  # noqa: E402
from obrelease.registry.store import Registry  # noqa: E402
from obrelease.storage.durable import NewFile  # noqa: E402
from tests.drafts import draft, measured  # noqa: E402
from tests.oci_registry.debian import docker_registry  # noqa: E402

MIB = 2**20


def record(folder: Path, runs: int, file_bytes: int, files: int) -> Registry:
    """Runs whose files have random bytes, so that nothing is deduplicated."""
    store = Registry(folder)
    for number in range(runs):
        held = [
            NewFile(f"file-{index}.bin", "application/octet-stream", os.urandom(file_bytes))
            for index in range(files)
        ]
        store.record(measured(draft(number)), held)
    return store


def write_layouts(store: Registry, folder: Path) -> list[tuple[str, Path]]:
    """The runs as `skopeo copy dir:` reads them."""
    layouts = []
    for entry in store.find():
        artefact = store.load(entry)
        envelope = entry.folder / "artefact.json"
        layout = folder / entry.digest
        layout.mkdir(parents=True)
        manifest = run_manifest(artefact, entry.digest, envelope.stat().st_size)
        (layout / "manifest.json").write_bytes(manifest.to_bytes())
        (layout / "version").write_text("Directory Transport Version: 1.1\n")
        shutil.copy(envelope, layout / entry.digest)
        for file in artefact.files:
            shutil.copy(entry.folder / file.path, layout / file.sha256)
        layouts.append((entry.digest, layout))
    return layouts


def timed(work: Any, folder: Path) -> dict[str, float]:
    """Wall time and processor time (children included) of one push to an empty registry."""
    with docker_registry(folder) as server:
        before = cpu_seconds()
        start = time.perf_counter()
        work(server)
        return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - before}


def cpu_seconds() -> float:
    """Of this process and of its children that have ended; the server has not."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def compare(name: str, runs: int, file_bytes: int, files: int, rounds: int) -> dict[str, Any]:
    """Both clients in turn, as often as there are rounds."""
    found: dict[str, list[dict[str, float]]] = {"obrelease": [], "skopeo": []}
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        os.environ["HOME"] = str(folder / "home")
        store = record(folder / "results", runs, file_bytes, files)
        layouts = write_layouts(store, folder / "layouts")
        store.find()
        total = sum(entry.size_bytes for entry in store.find())

        def ours(server: Any) -> None:
            push_runs(store.root, server.place())

        def theirs(server: Any) -> None:
            for digest, layout in layouts:
                target = f"docker://{server.host}/team/results:{digest}"
                command = ["skopeo", "--insecure-policy", "copy", "-q", "--preserve-digests"]
                subprocess.run([*command, "--dest-tls-verify=false", f"dir:{layout}", target], check=True)

        for number in range(rounds):
            for client, work in (("obrelease", ours), ("skopeo", theirs))[:: 1 if number % 2 else -1]:
                place = folder / f"{client}-{number}"
                found[client].append(timed(work, place))
                shutil.rmtree(place)
    speeds = {
        client: total / MIB / median(each["seconds"] for each in rows) for client, rows in found.items()
    }
    cpu = {client: median(each["cpu_seconds"] for each in rows) for client, rows in found.items()}
    return {
        "case": name,
        "runs": runs,
        "bytes": total,
        "mib_per_s": {client: round(speed, 2) for client, speed in speeds.items()},
        "cpu_s": {client: round(seconds, 2) for client, seconds in cpu.items()},
        "ratio_to_skopeo": round(speeds["obrelease"] / speeds["skopeo"], 2),
        "rounds": found,
    }


def main() -> None:
    """Print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=100, help="of the case with small runs")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cases = (
        ("small runs, 5 files of 20 KiB", given.runs, 20 * 1024, 5),
        ("one run, 8 files of 32 MiB", 1, 32 * MIB, 8),
    )
    rows = [compare(*case, given.rounds) for case in cases]
    for row in rows:
        print(
            f"{row['case']}: {row['runs']} runs, {row['bytes'] / MIB:.0f} MiB;"
            f" MiB/s {row['mib_per_s']}, processor {row['cpu_s']} s, ratio {row['ratio_to_skopeo']}"
        )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
