"""Runs release commands in forked processes whose disk fails, or that die, at a chosen change.

A program: `python -m tests.faults.disk_cells TEMPLATE SCRATCH ACT...`, under LD_PRELOAD of the library
made from `disk.c`; the acts are tried once beforehand. Reads one cell per line of standard input as
JSON, answers each with a line of JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from obrelease.cli.app import execute
from obrelease.remote.forge.directory import DirectoryForge

TAG = "v0.9-beta"
ACTS = {
    "bundle": ["bundle", TAG],
    "publish": ["publish", TAG, "--remote", "origin"],
    "sign": ["publish", TAG, "--sign", "../key"],
    "verify": ["verify", TAG, "--policy", "../policy.toml"],
}
"""What may be tried, by name; every one is run in a project of its own."""


def in_child(folder: Path, arguments: list[str], cell: dict[str, Any] | None) -> tuple[int, str, int]:
    """Run one command line in a forked process: its status (-9 if killed), its stderr, its changes."""
    said, counted = (folder.with_name(f"{folder.name}.{what}") for what in ("stderr", "counted"))
    child = os.fork()
    if child == 0:
        os.chdir(folder / "project")
        tempfile.tempdir = str(folder / "tmp")
        for number, path in ((1, Path(os.devnull)), (2, said)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        disk = ctypes.CDLL(None)
        note = os.open(counted, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        if cell is not None:
            disk.disk_arm(f"{folder}/".encode(), cell["after"], cell["errno"], cell["call"].encode())
        code = execute(arguments)
        count = disk.disk_disarm()
        os.write(note, str(count).encode())
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    changes = counted.read_text("ascii")
    return os.waitstatus_to_exitcode(status), said.read_text("utf-8"), int(changes or "0")


def tried(template: Path, folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """One cell: the fault, what was left behind, and a second run without the fault."""
    shutil.copytree(template, folder, symlinks=True)
    (folder / "tmp").mkdir()
    act = ACTS[cell["command"]]
    code, said, changes = in_child(folder, act, cell)
    answer: dict[str, Any] = {"code": code, "said": said, "changes": changes}
    releases = folder / "project" / ".git" / "obrelease" / "releases"
    found = DirectoryForge(releases).find(TAG)
    answer["public"] = 0 if found is None or found.draft else len(found.assets)
    answer["again"], again, _ = in_child(folder, act, None)
    place = f"./dist/demo-{TAG}" if cell["command"] == "bundle" else TAG
    answer["verified"], verified, _ = in_child(folder, ["verify", place], None)
    answer["said_again"] = again + verified
    shutil.rmtree(folder)
    return answer


def main() -> None:
    """Answer every line; the first run loads all modules, so that each fork has them."""
    template, scratch = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    warm = scratch / "warm"
    shutil.copytree(template, warm, symlinks=True)
    os.chdir(warm / "project")
    stdout = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for arguments in (*(ACTS[name] for name in sys.argv[3:]), ["verify", TAG]):
        if execute([*arguments, "-q"]) != 0:
            sys.exit(f"{arguments} failed without a fault")
    with os.fdopen(stdout, "w", encoding="ascii") as answers:
        for number, line in enumerate(sys.stdin):
            answers.write(json.dumps(tried(template, scratch / str(number), json.loads(line))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
