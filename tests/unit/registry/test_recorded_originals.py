"""Runs are found by the digest of the file that they were imported from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from obrelease.api.import_files import import_results
from obrelease.registry.recorded_originals import runs_of_originals
from obrelease.registry.store import Registry
from tests.tool_files import hyperfine_file, hyperfine_result


def test_the_first_run_of_each_file_is_found(tmp_path: Path) -> None:
    digests = {}
    for name, seconds in (("a", 0.5), ("b", 0.7)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(hyperfine_file(hyperfine_result("app", [seconds]))))
        entry = import_results(path, registry=tmp_path / "results").entry
        digests[hashlib.sha256(path.read_bytes()).hexdigest()] = entry
    store = Registry(tmp_path / "results")
    assert runs_of_originals(store, [*digests, "0" * 64]) == digests
    assert runs_of_originals(store, []) == {}
    assert runs_of_originals(Registry(tmp_path / "none"), digests) == {}


def test_a_digest_that_stands_elsewhere_in_a_run_is_not_its_original(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(hyperfine_file(hyperfine_result("f" * 64, [0.5]))))
    import_results(path, registry=tmp_path / "results")
    assert runs_of_originals(Registry(tmp_path / "results"), ["f" * 64]) == {}


def test_a_damaged_run_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(hyperfine_file(hyperfine_result("app", [0.5]))))
    entry = import_results(path, registry=tmp_path / "results").entry
    (entry.folder / "artefact.json").write_bytes(b"{}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert runs_of_originals(Registry(tmp_path / "results"), [digest]) == {}
