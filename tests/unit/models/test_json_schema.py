"""Schemas are generated, committed, and compared; the committed ones are those of the models."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from obrelease.errors import StorageError
from obrelease.models.json_schema import (
    DIALECT,
    DOCUMENTS,
    EXPORTED,
    DocumentType,
    check_schemas,
    export_schemas,
    has_exported_schemas,
    schema_of,
    schema_text,
)
from obrelease.models.packaged_schemas import schema_bytes
from obrelease.models.validation import check_document
from tests.drafts import draft

ROOT = Path(__file__).resolve().parents[3]


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every subschema that describes an object."""
    found = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return found + [inner for child in children for inner in objects(child)]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert [str(problem) for problem in check_schemas(ROOT / "schemas")] == []


@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
class TestEachSchema:
    def test_it_is_valid_2020_12_with_an_identity(self, kind: DocumentType) -> None:
        schema = schema_of(kind)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert jsonschema_rs.Draft202012Validator(schema) is not None
        assert schema["$schema"] == DIALECT
        assert schema["$id"] == f"urn:obrelease:schema:{kind.name}:{kind.version}"
        assert {"format", "version"} <= set(schema["required"])
        assert schema["properties"]["format"]["const"] == kind.format
        assert schema["properties"]["version"]["const"] == kind.version

    def test_every_object_in_it_is_closed(self, kind: DocumentType) -> None:
        found = objects(schema_of(kind))
        assert found
        assert all(schema["additionalProperties"] is False for schema in found)

    def test_its_text_is_the_same_each_time(self, kind: DocumentType) -> None:
        assert schema_text(kind) == schema_text(kind)
        assert json.loads(schema_text(kind)) == schema_of(kind)


def test_export_then_check_finds_nothing(tmp_path: Path) -> None:
    written = export_schemas(tmp_path / "schemas")
    assert [path.name for path in written] == sorted(kind.file_name for kind in EXPORTED)
    assert check_schemas(tmp_path / "schemas") == ()
    assert export_schemas(tmp_path / "schemas") == ()


def test_check_names_missing_stale_and_extra_schemas_and_the_fix(tmp_path: Path) -> None:
    export_schemas(tmp_path)
    (tmp_path / DOCUMENTS[0].file_name).unlink()
    stale = tmp_path / DOCUMENTS[1].file_name
    stale.write_text(stale.read_text().replace("2020-12", "2019-09"))
    (tmp_path / "novel.v1.schema.json").write_text('{"$id": "urn:obrelease:schema:novel:1"}')
    (tmp_path / "README.md").write_text("not a schema")
    problems = check_schemas(tmp_path)
    assert {(Path(problem.path).name, problem.rule) for problem in problems} == {
        (DOCUMENTS[0].file_name, "missing"),
        (DOCUMENTS[1].file_name, "stale"),
        ("novel.v1.schema.json", "extra"),
    }
    assert all("obrelease schema export" in problem.message for problem in problems)
    export_schemas(tmp_path)
    assert check_schemas(tmp_path) == ()


def test_schemas_of_others_in_the_same_folder_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "theirs.v1.schema.json"
    foreign.write_text('{"$id": "https://example.org/theirs"}')
    assert not has_exported_schemas(tmp_path)
    assert not has_exported_schemas(tmp_path / "absent")
    export_schemas(tmp_path)
    assert has_exported_schemas(tmp_path)
    assert check_schemas(tmp_path) == ()
    assert foreign.is_file()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "schemas").write_text("a file is in the way")
    with pytest.raises(StorageError, match=str(tmp_path / "schemas")):
        export_schemas(tmp_path / "schemas")


def test_a_schema_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    document = draft().model_dump(mode="json") | {"$ref": "http://127.0.0.1:9/x.json"}
    assert check_document(json.dumps(document).encode(), "artefact.json")[1][0].rule == "model"


@pytest.mark.parametrize("kind", EXPORTED, ids=lambda kind: kind.file_name)
def test_the_packaged_copy_is_the_schema_of_the_model(kind: DocumentType) -> None:
    command = "run `obrelease schema export --schemas obrelease/models/schemas`"
    assert schema_bytes(kind.file_name) == schema_text(kind).encode(), command
