"""A filter that no run passes is answered with a value that a run has."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.api import Registry as Runs
from obrelease.api.run_selection import select_runs
from obrelease.errors import NotFound
from obrelease.registry.store import Registry
from obrelease.registry.suggest_value import meant_value
from tests.drafts import draft, run_files


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path / "results")
    made.record(draft(1), run_files(1))
    return made


def test_a_value_like_that_of_a_run(registry: Registry) -> None:
    (entry,) = registry.find()
    wanted = f"did you mean {entry.scenario!r}?"
    assert meant_value([entry], [f"kind={entry.kind}", f"scenario={entry.scenario}x"]) == wanted
    assert Runs(registry.root).suggestion(f"scenario={entry.scenario}x") == wanted
    with pytest.raises(NotFound) as caught:
        select_runs(registry, f"scenario={entry.scenario}x")
    assert str(caught.value.hint).startswith(wanted)


@pytest.mark.parametrize("words", [(), ("scenario=quite-another",), ("commit=1c9f",), ("no filter",)])
def test_no_value_is_like_it(registry: Registry, words: tuple[str, ...]) -> None:
    assert meant_value(registry.find(), words) is None


def test_a_value_that_a_run_has_is_not_mended(registry: Registry) -> None:
    (entry,) = registry.find()
    assert meant_value([entry], [f"scenario={entry.scenario}"]) is None
