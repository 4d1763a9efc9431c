"""One push or pull as a process that a test can kill. usage: oci_client.py push|pull RESULTS PLACE"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("", "engine")]
    from obrelease.api.shared_registry import pull_runs, push_runs

    act, results, place = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if act == "push":
        push_runs(results, place)
    else:
        pull_runs(results, place, ["kind=bench"])
