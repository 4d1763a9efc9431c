"""Test-wide settings: property tests take the time they need, and are the same on every run of CI."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.loopback_github.server import LoopbackGitHub

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Matplotlib makes its list of fonts once for all processes of the tests, not once in the folder of each test.
os.environ.setdefault("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / "obrelease-tests-matplotlib"))

# pytest-xdist gives its workers the width of its terminal, which no test depends on.
os.environ.pop("COLUMNS", None)

# What a shell starts in the background has Ctrl-C ignored, and so would every program that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _long_lived_objects_are_not_scanned() -> None:
    """Keep loaded modules and collected tests out of garbage collections, which measured passes ask for.

    Without this, each `gc.collect()` of a timed pass takes longer than the pass.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _leaves_the_process_as_it_was() -> Iterator[None]:
    """Fail a test that leaves another environment, folder or place of temporary files to those after it."""
    before = _process_state()
    yield
    after = _process_state()
    if after != before:
        os.environ.clear()
        os.environ.update(before[0])
        os.chdir(before[1])
        tempfile.tempdir = before[2]
        changed = sorted(name for name, _ in set(before[0].items()) ^ set(after[0].items()))
        pytest.fail(f"left a changed process: {changed or (before[1:], after[1:])}")


def _process_state() -> tuple[dict[str, str], str, str | None]:
    """Environment, working folder and `tempfile.tempdir`, without pytest's note of the running test."""
    own = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return own, str(Path.cwd()), tempfile.tempdir


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once what failed: the summary of a long run is printed at its end, if it has one."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        text = f"\nfailed: {report.nodeid} ({report.when})\n{report.longreprtext[-2000:]}"
        print(text, flush=True)  # noqa: T201


def pytest_sessionfinish() -> None:
    """Let the interpreter free everything when it ends; nanobind reports what it does not."""
    gc.unfreeze()


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackGitHub]:
    """A GitHub that runs in this process, on the loopback interface."""
    from tests.loopback_github.running import running  # loads PyGithub, which few tests need

    with running(monkeypatch) as server:
        yield server
