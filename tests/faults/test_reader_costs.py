"""The cost of every reader of untrusted bytes grows with the size of its input, not with its square.

Measured is processor time at a size and at eight times that size. A linear reader takes eight times as
long, a quadratic one 64 times.
"""

from __future__ import annotations

import contextlib
import gc
import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from obengine.api.errors import EngineError
from obrelease.errors import ObreleaseError
from tests.faults.hostile_shapes import SHAPES, Shape
from tests.faults.readers import READERS, Reader

GROWTH: Final = 8
MAX_RATIO: Final = 20
"""Between 8, which is linear, and 64, which is quadratic."""
TOO_FAST_TO_BE_QUADRATIC_S: Final = 0.025
REPEATS: Final = 5


def inputs(reader: Reader) -> Iterator[tuple[str, Callable[[int], bytes]]]:
    """Each shape in each frame."""
    for number, (before, after) in enumerate(reader.frames):
        for name, shape in SHAPES.items():
            yield f"{name} in frame {number}", framed(shape, before, after)


def framed(shape: Shape, before: bytes, after: bytes) -> Callable[[int], bytes]:
    return lambda size: before + shape(size) + after


@pytest.fixture(autouse=True)
def _without_collections() -> Iterator[None]:
    """A full collection takes time for all objects of the test process, so none may fall into a call."""
    gc.disable()
    yield
    gc.enable()


def seconds(reader: Reader, data: bytes, folder: Path, repeats: int) -> float:
    """The least processor time of some calls."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        with contextlib.suppress(ObreleaseError, EngineError):
            reader.read(data, folder)
        found.append(time.process_time() - start)
    return min(found)


def growth(reader: Reader, make: Callable[[int], bytes], folder: Path) -> float:
    """How many times longer eight times the input takes; 0 if it is too fast to be measured."""
    for repeats in (1, REPEATS):
        large = seconds(reader, make(GROWTH * reader.size), folder, repeats)
        if large < TOO_FAST_TO_BE_QUADRATIC_S:
            return 0.0
        ratio = large / max(seconds(reader, make(reader.size), folder, repeats), 1e-6)
        if ratio < MAX_RATIO:
            return ratio
    return ratio


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", READERS)
def test_cost_grows_with_the_size_alone(tmp_path: Path, name: str, step: int) -> None:
    reader = READERS[name]
    slow = {
        shape: f"{ratio:.1f}"
        for shape, make in islice(inputs(reader), len(name) % step, None, step)
        if (ratio := growth(reader, make, tmp_path)) >= MAX_RATIO
    }
    assert slow == {}


def test_a_quadratic_reader_is_caught(tmp_path: Path) -> None:
    pattern = re.compile(rb"[0-9]+x")
    assert (
        growth(Reader(lambda data, _: pattern.search(data), size=1_000), SHAPES["digits"], tmp_path)
        >= MAX_RATIO
    )
