"""The checks start in an empty environment: what a shell was set up with reaches no test."""

from __future__ import annotations

import os
import subprocess

from tests.program import ROOT

KEPT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "CI": "true",
    "https_proxy": "http://127.0.0.1:1",
    "PIP_INDEX_URL": "http://127.0.0.1:1/simple and a space",
    "npm_config_registry": "http://127.0.0.1:1",
    "UV_OFFLINE": "1",
    "NODE_EXTRA_CA_CERTS": "/nonexistent",
}
DROPPED = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONPATH": "/nonexistent",
    "LC_ALL": "C",
    "TZ": "Pacific/Kiritimati",
    "GITHUB_TOKEN": "secret",
    "OBRELEASE_RESULTS": "/nonexistent",
    "GIT_DIR": "/nonexistent",
    "BASH_FUNC_say%%": "() { false; }",
}


def test_only_what_the_list_allows_is_kept() -> None:
    done = subprocess.run(
        ["bash", ROOT / "scripts" / "in_empty_environment.sh", "env", "--null"],
        env=KEPT | DROPPED,
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(line.split("=", 1) for line in done.stdout.rstrip("\0").split("\0")) == KEPT


def test_the_checks_and_continuous_integration_start_there() -> None:
    checks = (ROOT / "scripts" / "run_ci_checks.sh").read_text("utf-8")
    assert "exec scripts/in_empty_environment.sh bash scripts/run_ci_checks.sh" in checks
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith('exec scripts/run_ci_checks.sh "$@"\n')
