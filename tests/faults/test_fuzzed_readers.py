"""Readers against changed inputs: a value or an error of the trees, never another exception.

`scripts/fuzz_readers.py` does the same for longer, and is guided by coverage if atheris is installed.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.fuzzed_readers import FUZZED, read_once, seeds
from tests.faults.mutation import mutated

COUNTS = (25, pytest.param(2_000, marks=pytest.mark.nightly))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", FUZZED)
def test_no_exception_outside_of_the_error_trees(tmp_path: Path, name: str, count: int) -> None:
    source, known = random.Random(count), list(seeds(name, tmp_path))
    for _ in range(count):
        read_once(name, mutated(source, known), tmp_path)
