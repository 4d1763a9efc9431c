"""The report script: it measures, keeps validated artefacts and writes the tables, from nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
            "MPLCONFIGDIR": str(tmp_path / "mpl"),
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
