"""Documents that must be refused, each by its named rule; both validators agree."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact, FileEntry
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.json_schema import DOCUMENTS, schema_of
from obrelease.models.manifest import BundleManifest
from obrelease.models.validation import check_document, document_bytes, read_document
from tests.drafts import draft, histogram_ref

Change = Callable[[dict[str, Any]], object]


def plain() -> dict[str, Any]:
    listed = FileEntry(path="latency.hlog", media_type="text/plain", size=1, sha256="78" * 32)
    value: dict[str, Any] = draft(files=(listed,), histograms=(histogram_ref(),)).model_dump(mode="json")
    return value


def put(*path: str | int, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        target: Any = document
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def drop(name: str) -> Change:
    return lambda document: document.pop(name)


REFUSED: dict[str, tuple[Change, str, str]] = {
    "unknown field": (put("surprise", value=1), "model", "$.surprise"),
    "unknown inner field": (put("host", "stable", "surprise", value=1), "model", "$.host.stable.surprise"),
    "missing field": (drop("producer"), "model", "$.producer"),
    "text for a number": (put("workload", "messages", value="2000"), "model", "$.workload.messages"),
    "true for a number": (put("workload", "messages", value=True), "model", "$.workload.messages"),
    "fraction of a message": (put("workload", "messages", value=0.5), "model", "$.workload.messages"),
    "negative count": (put("outcome", "events", value=-1), "model", "$.outcome.events"),
    "number for text": (put("created_ns", value=17), "model", "$.created_ns"),
    "beyond 64 bits": (put("created_ns", value="18446744073709551616"), "model", "$.created_ns"),
    "upper-case digest": (
        put("outcome", "events_digest", value="AB" * 32),
        "model",
        "$.outcome.events_digest",
    ),
    "short commit": (put("producer", "commit", value="ab" * 4), "model", "$.producer.commit"),
    "bad slug": (put("scenario", value="../x"), "model", "$.scenario"),
    "bad key": (put("parameters", "", value=1), "model", "$.parameters"),
    "unknown kind": (put("kind", value="guess"), "model", "$.kind"),
    "path upwards": (put("files", 0, "path", value="../latency.hlog"), "model", "$.files[0].path"),
    "path with a dot": (put("files", 0, "path", value="a/./b"), "model", "$.files[0].path"),
    "absolute path": (put("files", 0, "path", value="/etc/passwd"), "model", "$.files[0].path"),
    "wrong clock": (put("histograms", 0, "clock", value="wall"), "model", "$.histograms[0].clock"),
    "older version": (put("version", value=0), "model", "$.version"),
    "version as text": (put("version", value="2"), "model", "$.version"),
    "newer version": (put("version", value=3), "version", "written by a newer obrelease"),
    "no version": (drop("version"), "version", "$.version: is missing"),
    "unknown format": (put("format", value="obrelease.novel"), "format", "unknown format 'obrelease.novel'"),
    "no format": (drop("format"), "format", "known formats: obrelease.artefact"),
}


@pytest.mark.parametrize(("change", "rule", "complaint"), REFUSED.values(), ids=REFUSED.keys())
class TestRefusedDocuments:
    def test_each_breaks_its_rule_at_its_path(self, change: Change, rule: str, complaint: str) -> None:
        document = plain()
        change(document)
        built, problems = check_document(canonical_bytes(document), "runs/artefact.json")
        assert built is None
        assert {problem.rule for problem in problems} == {rule}
        assert complaint in problems[0].message
        with pytest.raises(InvalidInput, match=r"^runs/artefact\.json: "):
            read_document(canonical_bytes(document), Artefact, "runs/artefact.json")

    def test_the_exported_schema_refuses_it_too(self, change: Change, rule: str, complaint: str) -> None:
        document = plain()
        change(document)
        reference_validator = jsonschema.Draft202012Validator(schema_of(DOCUMENTS[1]))
        assert not reference_validator.is_valid(document)


def test_a_valid_document_passes_both_validators() -> None:
    data = canonical_bytes(plain())
    assert check_document(data, "artefact.json")[1] == ()
    artefact = read_document(data, Artefact, "artefact.json")
    assert document_bytes(artefact) == data
    jsonschema.Draft202012Validator(schema_of(DOCUMENTS[1])).validate(json.loads(data))


def test_a_line_break_after_a_digest_is_refused() -> None:
    """Python's `$` lets a trailing line break pass; the model's dialect does not."""
    document = plain()
    document["outcome"]["events_digest"] += "\n"
    assert check_document(canonical_bytes(document), "artefact.json")[1][0].rule == "model"


@pytest.mark.parametrize(
    "spelled",
    [
        lambda data: json.dumps(json.loads(data), sort_keys=True).encode(),
        lambda data: data + b"\n",
        lambda data: data.replace(b'"ratio":0.5', b'"ratio":0.50'),
        lambda data: data.replace(b'"ratio"', b'"\\u0072atio"'),
    ],
)
def test_other_encodings_of_the_same_document_are_refused(spelled: Callable[[bytes], bytes]) -> None:
    data = spelled(canonical_bytes(plain()))
    document, problems = check_document(data, "artefact.json")
    assert isinstance(document, Artefact)
    assert [problem.rule for problem in problems] == ["canonical"]


def test_a_document_of_another_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"is of format obrelease\.artefact, not a BundleManifest"):
        read_document(canonical_bytes(plain()), BundleManifest, "manifest.json")


def test_a_newer_version_has_a_hint() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_document(canonical_bytes(plain() | {"version": 3}), Artefact, "artefact.json")
    assert caught.value.hint == "install a newer obrelease"


def test_findings_are_safe_to_print_and_bounded() -> None:
    document = plain() | {"\x1b[31mred" + "x" * 5_000: 1}
    (problem,) = check_document(canonical_bytes(document), "evil\x1b]0;title\x07.json")[1]
    assert "\x1b" not in str(problem)
    assert "\x07" not in str(problem)
    assert len(str(problem)) < 600
    assert "\x1b" not in json.dumps(problem.as_json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "paths", [("a.csv", "A.CSV"), ("a", "a/b"), ("artefact.json",), ("Artefact.JSON",), ("x", "x")]
)
def test_files_that_one_folder_cannot_hold_are_refused(paths: tuple[str, ...]) -> None:
    entries = tuple(FileEntry(path=path, media_type="text/csv", size=0, sha256="00" * 32) for path in paths)
    with pytest.raises(ValidationError, match="files: "):
        draft(files=entries)


def test_documents_are_frozen() -> None:
    artefact = draft()
    with pytest.raises(ValidationError):
        artefact.scenario = "other"
    assert copy.deepcopy(artefact) == artefact
