"""Pins: names of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import Conflict, InvalidInput, NotFound, UsageError
from obrelease.registry import pins
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path / "results")
    for number in range(4):
        made.record(draft(number), run_files(number))
    return made


class TestPins:
    def test_a_pinned_name_resolves_to_its_run(self, registry: Registry) -> None:
        entry = registry.find()[2]
        registry.pin("nightly.best-1", entry)
        assert registry.resolve("nightly.best-1") == entry
        assert registry.pins() == {"nightly.best-1": entry.digest}
        registry.pin("nightly.best-1", entry)
        registry.unpin("nightly.best-1")
        assert registry.pins() == {}
        with pytest.raises(NotFound):
            registry.resolve("nightly.best-1")

    def test_a_used_name_is_moved_only_on_request(self, registry: Registry) -> None:
        one, two, *_ = registry.find()
        registry.pin("best", one)
        with pytest.raises(Conflict):
            registry.pin("best", two)
        registry.pin("best", two, move=True)
        assert registry.resolve("best") == two

    @pytest.mark.parametrize(
        "name",
        ["latest", "abcd", "0123456789ab", "", ".x", "-x", "../x", "a/b", "A", "x" * 65, "x y", "\x00"],
    )
    def test_a_name_that_is_not_valid_is_refused(self, registry: Registry, name: str) -> None:
        with pytest.raises(UsageError):
            registry.pin(name, registry.find()[0])
        with pytest.raises(NotFound):
            registry.unpin(name)

    def test_a_pin_to_a_missing_run_is_reported_by_fsck(self, registry: Registry) -> None:
        entry = registry.find()[0]
        registry.pin("best", entry)
        entry.folder.rename(registry.root.parent / "away")
        assert {problem.rule for problem in fsck(registry.root).problems} == {"pin"}
        (registry.root / ".pins" / "best").write_text("no digest\n")
        assert {problem.rule for problem in fsck(registry.root).problems} == {"pin"}
        with pytest.raises(InvalidInput):
            registry.resolve("best")

    def test_a_pin_removed_while_pins_are_read_is_no_error(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.pin("brief", registry.find()[0])
        real = pins.read_pin

        def read(root: Path, name: str) -> str | None:
            (root / ".pins" / name).unlink()
            return real(root, name)

        monkeypatch.setattr(pins, "read_pin", read)
        assert registry.pins() == {}
