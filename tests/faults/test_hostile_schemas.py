"""Schemas that phone home, turn in circles or make a pattern explode: none of them is ever followed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.json_schema import EXPORTED, export_schemas, schema_of
from obrelease.models.plan import Plan
from obrelease.models.validation import check_document, document_bytes
from tests.faults.bounded import run_bounded

PLAN = Plan(project="demo", tag="v1", commit="0" * 40, prerelease=False, runs=(), steps=())


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that anything tried to reach or to look up."""
    tried: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        tried.append(arguments)
        raise OSError("the test has no network")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    return tried


def test_the_trap_detects_a_connection(reached: list[object]) -> None:
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    assert len(reached) == 1


REMOTE = "http://127.0.0.1:9/schema.json"
HOSTILE: tuple[dict[str, Any], ...] = (
    {"$ref": REMOTE},
    {"$schema": REMOTE},
    {"$id": REMOTE},
    {"$dynamicRef": REMOTE},
    {"$ref": "#"},
    {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    {"allOf": [{"$ref": "#"}]},
    {"pattern": "^(a+)+$"},
    {"properties": {"project": {"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}}},
    {"@context": REMOTE},
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_document_cannot_bring_a_schema(hostile: dict[str, Any], reached: list[object]) -> None:
    value = {**PLAN.model_dump(mode="json"), **hostile}
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    document, problems = check_document(data, "plan.json")
    assert document is None
    assert {problem.rule for problem in problems} == {"model"}
    assert reached == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_schema_in_the_project_is_compared_and_never_used(
    hostile: dict[str, Any], reached: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_schemas(tmp_path / "schemas")
    (tmp_path / "schemas" / "plan.v1.schema.json").write_text(json.dumps(hostile))
    (tmp_path / "plan.json").write_bytes(document_bytes(PLAN))
    monkeypatch.chdir(tmp_path)
    assert execute(["validate", "plan.json"]) == 0
    assert execute(["schema", "check"]) == ExitCode.CHECK_FAILED
    assert reached == []


def patterns(value: object) -> Iterator[str]:
    """Every pattern in a schema, those of keys among them."""
    if isinstance(value, dict):
        yield from value.get("patternProperties", {})
        for key, item in value.items():
            if key == "pattern" and isinstance(item, str):
                yield item
            yield from patterns(item)
    elif isinstance(value, list):
        for item in value:
            yield from patterns(item)


def test_our_own_references_stay_inside_the_document() -> None:
    text = json.dumps([schema_of(kind) for kind in EXPORTED])
    assert '"$ref": "#/' in text
    assert text.count('"$ref": "') == text.count('"$ref": "#/')


def test_no_pattern_of_ours_explodes(tmp_path: Path) -> None:
    found = sorted({pattern for kind in EXPORTED for pattern in patterns(schema_of(kind))})
    assert len(found) >= 8
    units = ("a", "0", "a.", "a-", "a/", "../", "v1.", "-0", "1.1", ".lock", "A_", "Z9", "x/y", "1844674")
    ends = ("", "!", "\n", "/", ".lock")
    parts = product(("", "v1-"), units, ends)
    payloads = [f"{start}{unit * (50_000 // len(unit))}{end}" for start, unit, end in parts]
    path = tmp_path / "patterns.json"
    path.write_text(json.dumps([found, payloads]))
    body = """
patterns, payloads = json.load(open(sys.argv[1]))
print(sum(1 for pattern in patterns for payload in payloads if not re.search(pattern, payload)))
"""
    refused = int(run_bounded("import json, re", body, str(path), seconds=3))
    assert refused > len(payloads)
