"""Text that is no JSON is refused with its place, also if the JSON has not begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.source import source_of


@pytest.mark.parametrize("text", ["", "no results\n", "nul", "x", "{", "[1,", '{"a": no}', "[no", "1 2"])
def test_text_that_is_no_json_is_refused_with_its_place(text: str, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=r"results\.json: line 1 column"):
        source_of(file).json()
