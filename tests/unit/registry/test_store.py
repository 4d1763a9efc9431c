"""Recording, finding and loading runs; and every way in which a record is refused."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import IntegrityError, InvalidInput, NotFound, StorageError
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.validation import document_bytes
from obrelease.registry import store
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry
from obrelease.storage import durable
from obrelease.storage.durable import NewFile
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft, histogram_ref, run_files


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "results")


def leftovers(registry: Registry) -> list[Path]:
    return list((registry.root / ".staging").iterdir())


class TestRecord:
    def test_the_folder_is_the_artefact(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        assert entry.folder == registry.root / "bench" / "baseline" / entry.digest[:12]
        assert sorted(path.name for path in entry.folder.iterdir()) == [
            "artefact.json",
            "plots",
            "summary.csv",
        ]
        assert (entry.folder / "plots" / "latency.svg").read_bytes() == b"<svg/>"
        assert leftovers(registry) == []
        assert fsck(registry.root).problems == ()

    def test_sha256sum_verifies_a_run(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        sums = [f"{entry.digest}  {ENVELOPE_NAME}"]
        sums += [f"{file.sha256}  {file.path}" for file in registry.load(entry).files]
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "-"],
            input="\n".join(sums) + "\n", cwd=entry.folder, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def test_the_entry_has_the_facts_of_the_envelope(self, registry: Registry) -> None:
        entry = registry.record(draft(7), run_files())
        assert (entry.kind, entry.scenario, entry.core) == ("bench", "baseline", "reference")
        assert (entry.commit, entry.dirty, entry.workload) == ("ab" * 20, False, "flow")
        assert (entry.messages, entry.events_digest) == (2_000, "34" * 32)
        assert entry.created_ns == 1_700_000_000_000_000_007
        assert entry.size_bytes == sum(path.stat().st_size for path in entry.folder.rglob("*.*"))
        assert registry.find() == (entry,)

    def test_files_are_copied_from_disk(self, registry: Registry, tmp_path: Path) -> None:
        source = tmp_path / "big.bin"
        source.write_bytes(os.urandom(3 * 2**20 + 1))
        entry = registry.record(draft(), [NewFile("big.bin", "application/octet-stream", source)])
        assert (entry.folder / "big.bin").read_bytes() == source.read_bytes()
        assert registry.load(entry).files[0].size == 3 * 2**20 + 1

    def test_the_order_of_files_does_not_matter(self, tmp_path: Path) -> None:
        one = Registry(tmp_path / "one").record(draft(), run_files())
        two = Registry(tmp_path / "two").record(draft(), run_files()[::-1])
        assert one.digest == two.digest

    def test_recording_again_gives_the_same_entry(self, registry: Registry) -> None:
        first = registry.record(draft(), run_files())
        assert registry.record(draft(), run_files()) == first
        assert registry.find() == (first,)
        assert leftovers(registry) == []

    def test_a_damaged_copy_of_the_run_does_not_count_as_recorded(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        (entry.folder / "summary.csv").write_bytes(b"run,9\n")
        with pytest.raises(IntegrityError, match="recorded already, and damaged") as caught:
            registry.record(draft(), run_files())
        assert str(entry.folder) in str(caught.value.hint)

    @pytest.mark.parametrize("occupant", ["run", "file", "damaged"])
    def test_a_used_folder_name_leads_to_a_longer_one(self, registry: Registry, occupant: str) -> None:
        twin = Registry(registry.root.parent / "elsewhere").record(draft(1), run_files())
        taken = registry.root / "bench" / "baseline" / twin.digest[:12]
        taken.parent.mkdir(parents=True)
        if occupant == "file":
            taken.write_bytes(b"in the way")
        else:
            other = registry.record(draft(2), run_files())
            other.folder.rename(taken)
            if occupant == "damaged":
                (taken / ENVELOPE_NAME).write_bytes(b"{}")
        entry = registry.record(draft(1), run_files())
        assert entry.folder.name == entry.digest[:16]
        assert registry.resolve(entry.digest) == entry
        assert registry.record(draft(1), run_files()) == entry

    @pytest.mark.parametrize(
        ("files", "complaint"),
        [
            ([NewFile("../evil", "text/csv", b"")], "path"),
            ([NewFile("/evil", "text/csv", b"")], "path"),
            ([NewFile("a/../../evil", "text/csv", b"")], "path"),
            ([NewFile("artefact.json", "application/json", b"")], "taken"),
            ([NewFile("a", "text/csv", b""), NewFile("A", "text/csv", b"")], "taken"),
            ([NewFile("a", "text/csv", b""), NewFile("a/b", "text/csv", b"")], "both"),
            ([NewFile("a", "nonsense", b"")], "media_type"),
        ],
    )
    def test_bad_file_lists_are_refused_before_the_first_write(
        self, registry: Registry, files: list[NewFile], complaint: str
    ) -> None:
        with pytest.raises(InvalidInput, match=complaint):
            registry.record(draft(), files)
        assert not registry.root.exists()

    def test_a_histogram_must_be_among_the_files(self, registry: Registry) -> None:
        with pytest.raises(InvalidInput, match=r"'latency\.hlog' is not among the files"):
            registry.record(draft(histograms=(histogram_ref(),)), run_files())

    def test_a_draft_lists_no_files(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        with pytest.raises(InvalidInput, match="a draft lists no files"):
            registry.record(registry.load(entry), run_files())

    def test_a_file_to_copy_must_exist(self, registry: Registry, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match=str(tmp_path / "absent")):
            registry.record(draft(), [NewFile("a", "text/csv", tmp_path / "absent")])
        assert leftovers(registry) == []
        assert registry.find() == ()


class TestStorageErrors:
    @pytest.mark.parametrize("call", ["fsync", "open", "rename"])
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE, errno.EXDEV])
    def test_the_error_names_the_cause_and_leaves_nothing(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch, call: str, code: int
    ) -> None:
        kept = registry.record(draft(1), run_files())

        def refuse(*_: Any, **__: Any) -> None:
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patched:
            if call == "fsync":
                patched.setattr(durable.os, "fsync", refuse)  # type: ignore[attr-defined]
            elif call == "open":
                patched.setattr(store, "write_file", refuse)
            else:
                patched.setattr(Path, "rename", refuse)
            with pytest.raises(StorageError, match=os.strerror(code)) as caught:
                registry.record(draft(2), run_files())
        assert caught.value.hint
        assert str(registry.root) in caught.value.message
        assert registry.find() == (kept,)
        assert leftovers(registry) == []
        assert fsck(registry.root).problems == ()

    def test_a_results_folder_that_is_a_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "results").write_text("in the way")
        with pytest.raises(StorageError, match=str(tmp_path / "results")):
            Registry(tmp_path / "results").record(draft(), run_files())

    @pytest.mark.parametrize("moment", [1, 2, 3, 4, 5, 6, 7])
    def test_an_interrupt_at_any_sync_leaves_no_partial_run(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch, moment: int
    ) -> None:
        kept = registry.record(draft(1), run_files())
        calls = 0
        sync = os.fsync

        def interrupt(descriptor: int) -> None:
            nonlocal calls
            calls += 1
            if calls == moment:
                raise KeyboardInterrupt
            sync(descriptor)

        with monkeypatch.context() as patched:
            patched.setattr(durable.os, "fsync", interrupt)  # type: ignore[attr-defined]
            with pytest.raises(KeyboardInterrupt):
                registry.record(draft(2), run_files())
        report = fsck(registry.root)
        assert report.problems == ()
        assert leftovers(registry) == []
        assert kept in registry.find()


class TestFind:
    @pytest.fixture
    def filled(self, registry: Registry) -> Registry:
        for number in range(6):
            scenario = "x10" if number % 2 else "baseline"
            parameters = {"core": "native" if number > 2 else "reference"}
            registry.record(draft(number, scenario=scenario, parameters=parameters), run_files(number))
        return registry

    def test_newest_first_and_filtered(self, filled: Registry) -> None:
        created = [entry.created_ns for entry in filled.find()]
        assert created == sorted(created, reverse=True)
        assert len(created) == 6
        assert {entry.scenario for entry in filled.find(Filter(scenario="x10"))} == {"x10"}
        assert len(filled.find(Filter(scenario="x10", core="native"))) == 2
        assert filled.find(Filter(kind="stress")) == ()
        assert len(filled.find(Filter(commit="abab"))) == len(filled.find(Filter(events_digest="3434"))) == 6
        assert filled.find(Filter(commit="cd")) == ()

    def test_each_digest_prefix_resolves(self, filled: Registry) -> None:
        for entry in filled.find():
            for length in (12, 16, 63, 64):
                assert filled.resolve(entry.digest[:length]) == entry
            assert filled.resolve(entry.digest.upper()) == entry

    def test_latest_with_and_without_a_filter(self, filled: Registry) -> None:
        assert filled.resolve("latest").created_ns % 10 == 5
        assert filled.resolve("latest", scenario="baseline").created_ns % 10 == 4
        assert filled.resolve("latest", core="reference").created_ns % 10 == 2
        with pytest.raises(NotFound, match="with kind=stress"):
            filled.resolve("latest", kind="stress")

    def test_an_ambiguous_prefix_lists_the_runs(self, registry: Registry) -> None:
        seen: dict[str, int] = {}
        for number in range(10_000):
            start = digest_bytes(document_bytes(draft(number)))[:4]
            if start in seen:
                break
            seen[start] = number
        one, two = (registry.record(draft(twin), []) for twin in (seen[start], number))
        with pytest.raises(NotFound, match="ambiguous") as caught:
            registry.resolve(start)
        assert one.digest[:16] in caught.value.message
        assert two.digest[:16] in caught.value.message
        assert registry.resolve(one.digest[:12]) == one

    @pytest.mark.parametrize("name", ["abc", "", "xyzw", "g" * 64, "0" * 65, "LATEST", "../..", "0000 "])
    def test_a_name_that_is_not_a_digest_is_not_found(self, filled: Registry, name: str) -> None:
        with pytest.raises(NotFound) as caught:
            filled.resolve(name)
        assert caught.value.hint

    def test_an_unknown_digest_is_not_found(self, filled: Registry) -> None:
        with pytest.raises(NotFound, match="no run 'ffffffffffffffff'"):
            filled.resolve("f" * 16)

    def test_no_results_folder_is_an_empty_registry_and_stays_absent(self, tmp_path: Path) -> None:
        registry = Registry(tmp_path / "absent")
        assert registry.find() == ()
        assert registry.reindex() == 0
        assert registry.unreadable() == ()
        assert not (tmp_path / "absent").exists()


class TestLoad:
    def test_a_changed_envelope_is_refused(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        path = entry.folder / ENVELOPE_NAME
        path.write_bytes(path.read_bytes().replace(b'"reference"', b'"referenxe"'))
        with pytest.raises(IntegrityError, match=entry.digest):
            registry.load(entry)

    def test_a_missing_folder_is_not_found(self, registry: Registry) -> None:
        entry = registry.record(draft(), run_files())
        entry.folder.rename(registry.root / "moved")
        with pytest.raises(NotFound, match=str(entry.folder)):
            registry.load(entry)

    def test_a_loaded_envelope_equals_the_recorded_one(self, registry: Registry) -> None:
        entry = registry.record(draft(3), run_files())
        loaded = registry.load(entry)
        assert loaded.model_copy(update={"files": ()}) == draft(3)
        assert [file.path for file in loaded.files] == ["plots/latency.svg", "summary.csv"]
