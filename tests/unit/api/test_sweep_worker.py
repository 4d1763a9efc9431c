"""The process of a worker of a sweep."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.program import environment

LOADED = """\
import sys
import {module}
print(sorted({{"matplotlib", "pandas", "requests", "jsonschema", "git", "distributed"}} & sys.modules.keys()))
"""


@pytest.mark.parametrize("module", ["obrelease.api.sweep_worker", "obrelease.api.run_modes"])
def test_what_measures_loads_no_plots_tables_or_clients(module: str) -> None:
    """Rule: they take longer to load than a small cell takes, and would run before a measurement."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
