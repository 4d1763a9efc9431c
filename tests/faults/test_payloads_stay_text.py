"""Hostile text in every free field of a run: no escape reaches the terminal, no markup reaches the notes."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest

from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.cli.app import execute
from obrelease.models.artefact import (
    Artefact,
    Check,
    Label,
    LeftOutRow,
    Outcome,
    Producer,
    RecordedMetric,
    RecordedSummary,
)
from obrelease.models.metric_identity import metric_id
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.unit.release.project import Project, make_project, run_of

PAYLOADS = (
    "\x1b[2J\x1b[1;31mred\x1b]0;title\x07",
    "\x9b31m\x90q\x9c",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "](javascript:alert(1)) ![x](http://127.0.0.1:9/x.png)",
    "| a | b |\n| -- | -- |\n# heading\n```\n<b>",
    "\u202egnp.exe\u2066\u200b\ufeff",
    '=cmd|"/c calc"!A1',
    "@everyone #1 https://127.0.0.1:9/ --> <!--",
    "\r\nerror: forged\x08\x08\x7f\u2028\u2029",
)


def imported(seed: int, payload: str) -> Artefact:
    """A run of another tool with the payload in every text that format 2 has."""
    run = run_of("imported", seed)
    parameters = {payload: payload}
    metric = RecordedMetric(
        id=metric_id(payload, parameters),
        name=payload,
        unit=payload[:60],
        parameters=parameters,
        group=payload,
        summary=RecordedSummary(value=seed + 1, statistic="mean", figures={payload: 1}),
    )
    changes = {
        "kind": "imported",
        "title": payload,
        "producer": Producer(name="tool", version=payload),
        "host": run.host.model_copy(update={"name": payload}),
        "labels": {payload: Label(value=payload, source="file")},
        "parameters": parameters,
        "metrics": (metric,),
        "left_out": (LeftOutRow(name=payload, reason=payload),),
        "workload": None,
        "outcome": None,
    }
    return run.model_copy(update=changes)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose runs hold the payloads wherever text is free."""
    made = make_project(tmp_path)
    for seed, payload in enumerate(PAYLOADS):
        run = run_of("hostile", 100 + seed)
        stable = run.host.stable.model_copy(
            update={"cpu_model": payload, "system": payload, "python": payload}
        )
        changes = {
            "command": (payload, "--seed", payload),
            "producer": Producer(name=run.producer.name, version=payload),
            "host": run.host.model_copy(update={"stable": stable}),
            "parameters": {"core": payload, "note": payload},
            "outcome": Outcome(
                events=3,
                events_digest="2" * 64,
                state_digest="3" * 64,
                checks=(Check(name="proof", passed=True, detail=payload),),
            ),
        }
        files = [NewFile("summary.csv", "text/csv", b"a\n1\n")]
        Registry(made.results).record(run.model_copy(update=changes), files)
        Registry(made.results).record(imported(seed, payload), [])
    monkeypatch.chdir(made.root)
    return made


def controls(text: str) -> set[str]:
    """Characters that steer a terminal or turn the direction of text, line feeds apart."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}}


def test_no_command_prints_what_steers_a_terminal(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    digests = [entry.digest for entry in project.context().registry.find()]
    commands = [
        ["list"],
        ["validate"],
        ["fsck"],
        ["bundle", "v1", "--output", str(tmp_path / "out")],
        ["verify", str(tmp_path / "out")],
        *(["show", digest] for digest in digests),
    ]
    for command in commands:
        for more in ([], ["--json"], ["-v"]):
            if command[0] == "bundle" and more:
                continue
            assert execute([*command, *more]) == 0, command
            said = capsys.readouterr()
            assert controls(said.out + said.err) == set(), command


def test_an_error_about_a_hostile_file_is_safe_to_read(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for number, payload in enumerate(PAYLOADS):
        path = tmp_path / f"{number}.json"
        path.write_text(f'{{"format":"{payload}","{payload}":1}}', encoding="utf-8")
        named = tmp_path / f"{payload.replace('/', '_')[:60]}.json"
        named.write_bytes(b"[")
        for each in (path, named):
            assert execute(["validate", str(each)]) != 0
            said = capsys.readouterr()
            assert controls(said.out + said.err) == set()


def test_the_notes_hold_no_markup_of_a_run(project: Project, tmp_path: Path) -> None:
    assert execute(["bundle", "v1", "--output", str(tmp_path / "out"), "-q"]) == 0
    content = tmp_path / "content"
    content.mkdir()
    subprocess.run(["tar", "-xzf", tmp_path / "out" / "demo-v1.tar.gz", "-C", content], check=True)
    notes = (content / "demo-v1" / "NOTES.md").read_text("utf-8")
    assert controls(notes) == set()
    fenced = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", notes, flags=re.DOTALL | re.MULTILINE)
    assert re.search(r"(?i)<(?!/?(?:code|details|summary)>)[a-z!/]", fenced) is None
    outside = re.sub(r"`[^`\n]+`|<code>[^\n]*?</code>", "", fenced)
    for forbidden in ("javascript:", "127.0.0.1", "@everyone", "onerror", "forged"):
        assert forbidden not in outside


def test_no_cell_of_a_table_starts_a_formula() -> None:
    data = csv_table(["name"], [(cell,) for cell in (*PAYLOADS, "+1", "-1", "@x", "\t=1", "=1")])
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"))))[1:]
    assert len(rows) == len(PAYLOADS) + 5
    assert [cell for (cell,) in rows if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
