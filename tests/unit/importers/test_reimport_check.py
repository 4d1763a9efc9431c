"""An imported run is imported again from its original: every change since is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.importers.formats import format_names
from obrelease.importers.reimport_check import check_numbers
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact import Artefact
from obrelease.models.finding import Finding
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_bytes

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"
FILES = {
    "google-benchmark": "google_benchmark.json",
    "pytest-benchmark": "pytest_benchmark.json",
    "hyperfine": "hyperfine.json",
    "hlog": "hdr_histogram_js.hlog",
}
Change = Callable[[dict[str, Any], Path], None]


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Path]:
    def make(tool: str, **options: Any) -> Path:
        name = FILES[tool]
        made = IMPORTERS[tool](ImportRequest(name=name, data=(DATA / name).read_bytes(), now_ns=5, **options))
        return Registry(tmp_path / "results").record(made.artefact, made.files).folder

    return make


def check(folder: Path, document: dict[str, Any] | None = None) -> tuple[Finding, ...]:
    text = (folder / "artefact.json").read_text() if document is None else json.dumps(document)
    return check_numbers(Artefact.model_validate_json(text), folder)


def test_each_format_has_its_reader() -> None:
    assert set(IMPORTERS) == set(FILES) <= set(format_names())


@pytest.mark.parametrize("tool", sorted(IMPORTERS))
@pytest.mark.parametrize("options", [{}, {"scenario": "Another Name"}])
def test_an_import_agrees_with_its_original(
    imported: Callable[..., Path], tool: str, options: dict[str, Any]
) -> None:
    assert check(imported(tool, **options)) == ()


@pytest.mark.parametrize("unit", ["us", "ms"])
def test_a_log_in_another_unit_agrees_with_its_original(imported: Callable[..., Path], unit: str) -> None:
    assert check(imported("hlog", unit=unit, clock="response")) == ()


def faster(document: dict[str, Any], _folder: Path) -> None:
    document["metrics"][0]["samples"][1] /= 2


def fewer(document: dict[str, Any], _folder: Path) -> None:
    document["metrics"][0]["samples"].pop()


def dropped(document: dict[str, Any], _folder: Path) -> None:
    document["metrics"].pop(0)


def invented(document: dict[str, Any], _folder: Path) -> None:
    document["metrics"].append({"id": "made-up", "name": "made-up", "unit": "ns", "samples": [1]})


def elsewhere(document: dict[str, Any], _folder: Path) -> None:
    document["host"]["stable"]["cpu_model"] = "another"


def earlier(document: dict[str, Any], _folder: Path) -> None:
    document["created_ns"] = "7"


def other_commit(document: dict[str, Any], _folder: Path) -> None:
    document["producer"]["commit"] = "ab" * 20


def other_unit(document: dict[str, Any], _folder: Path) -> None:
    document["parameters"]["unit"] = "us"


def other_clock(document: dict[str, Any], _folder: Path) -> None:
    document["histograms"][0]["clock"] = "response"


def other_tool(document: dict[str, Any], _folder: Path) -> None:
    document["command"][2] = "guesswork"


def no_original(document: dict[str, Any], _folder: Path) -> None:
    document["files"] = [file for file in document["files"] if not file["path"].startswith("original")]


def other_original(_document: dict[str, Any], folder: Path) -> None:
    (folder / "original.json").write_bytes(b"[]")


def guest(document: dict[str, Any], folder: Path) -> None:
    (folder / "guest.csv").write_bytes(b"1")
    guest = {"path": "guest.csv", "media_type": "text/csv", "size": 1, "sha256": digest_bytes(b"1")}
    document["files"].append(guest)


@pytest.mark.parametrize(
    ("tool", "change", "message"),
    [
        ("google-benchmark", faster, "sample 1 is"),
        ("pytest-benchmark", faster, "sample 1 is"),
        ("hyperfine", faster, "sample 1 is"),
        ("hyperfine", fewer, "4 samples in ns, in the original 5 in ns"),
        ("hyperfine", dropped, "sleep: is missing"),
        ("hyperfine", invented, "made-up: is not in the original"),
        ("pytest-benchmark", elsewhere, "host is not that of original.json"),
        ("pytest-benchmark", earlier, "created_ns is not that of"),
        ("hyperfine", other_commit, "producer is not that of"),
        ("hlog", other_unit, "is not the file that original.hlog gives"),
        ("hlog", other_clock, "histograms is not that of"),
        ("hyperfine", other_tool, "keeps no original file of a known format"),
        ("hyperfine", no_original, "keeps no original file of a known format"),
        ("hyperfine", other_original, "is not an object"),
        ("hyperfine", guest, "does not come from original.json"),
    ],
)  # fmt: skip
def test_a_contradiction_with_the_original_is_named(
    imported: Callable[..., Path], tmp_path: Path, tool: str, change: Change, message: str
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(imported(tool), folder)
    document = json.loads((folder / "artefact.json").read_text())
    change(document, folder)
    found = check(folder, document)
    assert {finding.rule for finding in found} == {"numbers"}
    assert any(message in finding.message for finding in found), found


def test_a_run_that_was_not_imported_here_is_not_checked(imported: Callable[..., Path]) -> None:
    document = json.loads((imported("hyperfine") / "artefact.json").read_text())
    document["command"] = ["cargo", "bench"]
    faster(document, Path())
    assert check(imported("hyperfine"), document) == ()
