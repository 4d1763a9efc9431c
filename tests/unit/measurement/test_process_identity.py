"""Whether another process runs, as far as this machine can know."""

from __future__ import annotations

import subprocess
import sys

import pytest

from obrelease.measurement.sweeps.process_identity import is_running, this_process

HERE = this_process()
NAMES_ITSELF = """\
from obrelease.measurement.sweeps.process_identity import this_process
print(this_process().model_dump_json())
"""


def test_this_process_runs() -> None:
    assert is_running(HERE, HERE) is True


def test_a_process_that_ended_does_not_run_even_before_its_parent_looks() -> None:
    child = subprocess.Popen([sys.executable, "-c", NAMES_ITSELF], stdout=subprocess.PIPE)
    assert child.stdout
    with child.stdout:
        identity = HERE.model_validate_json(child.stdout.read())
    assert identity.pid == child.pid
    while is_running(identity, HERE):  # it has closed its output and ends; then it is a zombie
        pass
    assert child.returncode is None
    child.wait()
    assert is_running(identity, HERE) is False


@pytest.mark.parametrize("change", [{"boot": "another"}, {"namespace": "pid:[1]"}, {"started": ""}])
def test_a_process_of_another_machine_container_or_system_is_not_known(change: dict[str, str]) -> None:
    assert is_running(HERE.model_copy(update=change), HERE) is None


def test_a_number_that_was_given_to_another_process_is_not_the_same() -> None:
    assert is_running(HERE.model_copy(update={"started": "1"}), HERE) is False
