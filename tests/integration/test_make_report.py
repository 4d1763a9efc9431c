"""The report script: it measures, keeps validated artefacts and writes the tables, from nothing."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def test_the_report_is_made_by_one_script(tmp_path: Path) -> None:
    made = subprocess.run(
        ["sh", str(ROOT / "scripts" / "make_report.sh"), "runs", "PAGE.md"],
        cwd=tmp_path,
        env={
            **os.environ,
            "QUICK": "1",
            "PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1] == "PAGE.md"
    page = (tmp_path / "PAGE.md").read_text("utf-8")
    for own in ("13,100", "21,100", "28 to 30", "7,400"):
        assert own in page
    assert "runs passed" in page
    kinds = {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()}
    assert {"bench", "stress", "architectures", "replay"} <= kinds


def test_the_page_depends_only_on_the_answers() -> None:
    spec = importlib.util.spec_from_file_location("report_tables", ROOT / "scripts" / "report_tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    first = tables.page(ANSWERS)
    assert first == tables.page(dict(reversed(ANSWERS.items())))
    assert "| `baseline` | `native` | 2,000 | 13,100 | 1,234,567 |" in first
    assert "Failed: stress-native." in first
    assert "| match:1 | 12,000 | no |" in first


RUN = {"digest": "ab" * 32, "scenario": "baseline", "core": "native", "messages": 2000, "events_digest": "cd"}
FIGURES = {
    "checks_failed": [],
    "throughput_median_msg_s": 1234567,
    "latency_p50_ns": 900,
    "latency_p99_ns": 1900,
}
SCALE = {
    "scale": "1",
    "core": "native",
    "sustained_median_msg_s": 5000,
    "service_mean_ns": 1500,
    "response_p99_ns": 7000,
    "orphan_cancels": "0",
    "orphan_executes": "0",
}
LANE = {
    "architecture": "inline",
    "core": "native",
    "throughput_median_msg_s": 9000,
    "against_first_permille": 1000,
    "handoff_ns_per_1000_messages": "",
    "busy_ns_per_message": "match:1",
    "bound_msg_s": "12000",
    "unstable": "1",
}
ANSWERS: dict[str, Any] = {
    "architectures": {"run": RUN, "figures": FIGURES, "rows": [LANE]},
    "bench-baseline-native": {"run": RUN, "figures": FIGURES},
    "bench-x10-native": {"run": RUN | {"scenario": "x10"}, "figures": FIGURES},
    "replay": {"run": RUN, "figures": FIGURES},
    "stress-native": {"run": RUN, "figures": FIGURES | {"checks_failed": ["x"]}, "rows": [SCALE]},
}
