"""A performance statement from the gate to a policy: signed, attached, verified, demanded, and forged."""

from __future__ import annotations

import base64
import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from obrelease.bundle.asset_names import PERFORMANCE_NAME
from obrelease.bundle.signing.armor import from_armor, to_base64
from obrelease.bundle.signing.ssh import PERFORMANCE_NAMESPACE, PROVENANCE_NAMESPACE, check
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.artefact import Label, own_series
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.provenance import PAYLOAD_TYPE, envelope_bytes, pae
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_file
from tests.faults.signed_release import PRINCIPAL, make_key, policy_text, public, ssh_sign
from tests.program import ROOT
from tests.unit.release.project import make_project, run_of

TAG: Final = "v1.0"
GATE: Final = (
    'format = "obrelease.gate-policy"\nversion = 1\nresamples = 500\nsame_host = "unnamed"\n'
    'threshold_percent = 3.0\n[[metric]]\nname = "throughput"\n'
)
SIDES: Final = ("--base", "label.side=base", "--head", "label.side=head")


@dataclass(frozen=True)
class Scene:
    """A project with twelve runs, a key, the statement, and the files of a release that carries it."""

    root: Path
    key: Path
    allowed: Path
    gate: Path
    statement: Path
    files: Path
    head: tuple[str, ...]


def record_sides(results: Path) -> tuple[str, ...]:
    """Six runs a side, the head 0.1 % slower; returns the digests of the head."""
    head = []
    for number in range(6):
        for side, factor in (("base", 1_000), ("head", 1_001)):
            samples = tuple(factor * 1_000 + 37 * number + 11 * part for part in range(5))
            entry = Registry(results).record(
                run_of("speed", 42).model_copy(
                    update={
                        "created_ns": str(1_700_000_000_000_000_000 + number),
                        "labels": {"side": Label(value=side, source="user")},
                        "metrics": (own_series("pass-wall", "ns", samples),),
                    }
                ),
                (),
            )
            if side == "head":
                head.append(entry.digest)
    return tuple(head)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    base = tmp_path_factory.mktemp("performance")
    with pytest.MonkeyPatch.context() as patch:
        (base / "home").mkdir()
        patch.setenv("HOME", str(base / "home"))
        project = make_project(base)
        head = record_sides(project.results)
        project.commit("more runs")
        patch.chdir(project.root)
        gate, key = base / "gate.toml", make_key(base / "keys" / "maintainer")
        gate.write_text(GATE)
        allowed = base / "allowed_signers"
        allowed.write_text(f'{PRINCIPAL} namespaces="{PERFORMANCE_NAMESPACE}" {public(key)}\n')
        statement = base / PERFORMANCE_NAME
        words = ["gate", "--policy", str(gate), *SIDES, "--attest", str(statement), "--sign", str(key)]
        assert execute(words) == ExitCode.OK
        runs = [word for digest in head for word in ("--run", digest)]
        assert execute(["bundle", TAG, *runs, "--attach", str(statement), "--output", str(base / "out")]) == 0
        (sums,) = (base / "out").rglob("SHA256SUMS")
    return Scene(project.root, key, allowed, gate, statement, sums.parent, head)


def verify(
    scene: Scene, folder: Path, capsys: pytest.CaptureFixture[str], policy: str
) -> tuple[int, str, Any]:
    """The exit code, what was printed, and the layer `performance` if there is one."""
    path = folder.parent / f"{folder.name}.toml"
    path.write_text(policy)
    capsys.readouterr()
    code = execute(["verify", str(folder), "--policy", str(path), "--json"])
    said = capsys.readouterr()
    document = json.loads(said.out)
    layers = {layer["name"]: layer for layer in document.get("layers", ())}
    return code, said.err, layers.get("performance")


def demanding(scene: Scene, **demand: object) -> str:
    """A policy that requires a performance statement."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in demand.items()]
    return (
        policy_text(("sums", "runs", "performance"), scene.allowed)
        + "\n".join(("[performance]", *lines))
        + "\n"
    )


def payload_of(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    return document


def test_the_statement_says_what_was_decided_on_which_runs_by_which_rule(scene: Scene) -> None:
    statement = payload_of(scene.statement)
    result = statement["predicate"]
    assert statement["predicateType"] == "urn:obrelease:performance-result:v1"
    assert [each["digest"]["sha256"] for each in statement["subject"]] == sorted(scene.head)
    assert (result["verdict"], result["reasons"], result["unlike"]) == ("ok", [], [])
    assert result["rule"]["policySha256"] == digest_file(scene.gate)[0]
    assert result["rule"]["guarded"] == [
        {"name": "throughput", "required": True, "secondary": False, "thresholdPercent": 3}
    ]
    (metric,) = [each for each in result["metrics"] if each["headline"]]
    assert metric["name"] == "throughput"
    assert 0 < metric["detectablePercent"] == result["leastDetectableEffectPercent"] < 4
    assert abs(metric["ratio"] - 1 / 1.001) < 1e-5
    schema = json.loads((ROOT / "schemas" / "performance-result.v1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(statement, schema)


def test_a_release_with_it_is_verified_by_a_policy(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(scene.files, tmp_path / "files")
    demand = demanding(scene, detectable_percent=4.0, gate_policy_sha256=digest_file(scene.gate)[0])
    code, _, layer = verify(scene, folder, capsys, demand)
    assert (code, layer["checked"]) == (ExitCode.OK, True)
    assert layer["detail"].startswith("ok against 'label.side=base': 6 of 6 runs, least detectable effect")
    assert PRINCIPAL in layer["detail"]


@pytest.mark.parametrize(
    ("demand", "missing"),
    [
        ({"verdicts": ["regression"]}, "the verdict is ok, not regression"),
        ({"detectable_percent": 0.0001}, "the policy demands 0.0001 %"),
        ({"gate_policy_sha256": "0" * 64}, "decided by another gate policy"),
    ],
)
def test_what_the_policy_demands_and_the_statement_lacks(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str], demand: dict[str, object], missing: str
) -> None:
    folder = shutil.copytree(scene.files, tmp_path / "files")
    code, err, _ = verify(scene, folder, capsys, demanding(scene, **demand))
    assert code == ExitCode.CHECK_FAILED
    assert "lacks what the policy requires: performance" in err
    assert missing in err


def test_without_a_statement_the_layer_is_missing_or_absent(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scene.root)
    out = tmp_path / "plain"
    runs = [word for digest in scene.head for word in ("--run", digest)]
    assert execute(["bundle", TAG, *runs, "--output", str(out)]) == 0
    (sums,) = out.rglob("SHA256SUMS")
    code, err, _ = verify(scene, sums.parent, capsys, demanding(scene))
    assert code == ExitCode.CHECK_FAILED
    assert f"there is no {PERFORMANCE_NAME}" in err
    code, _, layer = verify(scene, sums.parent, capsys, policy_text(("sums",), None))
    assert (code, layer) == (ExitCode.OK, None)


def resigned(
    scene: Scene, statement: dict[str, Any], key: Path | None = None, namespace: str | None = None
) -> bytes:
    """An envelope around a statement, signed by hand."""
    payload = canonical_bytes(statement)
    space = namespace or PERFORMANCE_NAMESPACE
    signed = pae(PAYLOAD_TYPE, payload)
    blob = from_armor(ssh_sign(key or scene.key, space, signed), "signature")
    return envelope_bytes(payload, check(blob, space, signed, "signature").fingerprint, to_base64(blob))


def of_foreign_runs(statement: dict[str, Any]) -> None:
    statement["subject"] = [{"name": "bench/speed/" + "0" * 12, "digest": {"sha256": "0" * 64}}]
    statement["predicate"]["head"]["runs"] = ["0" * 64]


def of_some_runs(statement: dict[str, Any]) -> None:
    statement["subject"] = statement["subject"][:4]
    statement["predicate"]["head"]["runs"] = statement["predicate"]["head"]["runs"][:4]


def with_a_worse_metric(statement: dict[str, Any]) -> None:
    statement["predicate"]["metrics"][0]["verdict"] = "worse"


def with_a_smaller_effect(statement: dict[str, Any]) -> None:
    statement["predicate"]["leastDetectableEffectPercent"] = 0.001


def with_another_predicate(statement: dict[str, Any]) -> None:
    statement["predicateType"] = "https://slsa.dev/provenance/v1"


def with_more(statement: dict[str, Any]) -> None:
    statement["predicate"]["note"] = "trust me"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            of_foreign_runs,
            ExitCode.INTEGRITY,
            "about runs that are not in the release: bench/speed/000000000000",
        ),
        (of_some_runs, ExitCode.CHECK_FAILED, "2 of 6 runs of the release are not in it"),
        (with_a_worse_metric, ExitCode.INVALID_INPUT, "the verdict is ok, and a metric is worse"),
        (with_a_smaller_effect, ExitCode.INVALID_INPUT, "does not follow from the metrics"),
        (with_another_predicate, ExitCode.INVALID_INPUT, "predicateType"),
        (with_more, ExitCode.INVALID_INPUT, r"$.predicate.note: unknown field"),
    ],
)
def test_a_statement_of_the_maintainer_that_does_not_hold(
    scene: Scene,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, Any]], None],
    code: ExitCode,
    message: str,
) -> None:
    statement = copy.deepcopy(payload_of(scene.statement))
    change(statement)
    folder = released_with(scene, tmp_path, monkeypatch, resigned(scene, statement))
    found, err, _ = verify(scene, folder, capsys, demanding(scene))
    assert (found, message in err) == (code, True), err


def released_with(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, envelope: bytes) -> Path:
    """The files of a release of the same runs with another envelope."""
    monkeypatch.chdir(scene.root)
    (tmp_path / PERFORMANCE_NAME).write_bytes(envelope)
    runs = [word for digest in scene.head for word in ("--run", digest)]
    words = [
        "bundle",
        TAG,
        *runs,
        "--attach",
        str(tmp_path / PERFORMANCE_NAME),
        "--output",
        str(tmp_path / "out"),
    ]
    assert execute(words) == 0
    (sums,) = (tmp_path / "out").rglob("SHA256SUMS")
    return sums.parent


@pytest.mark.parametrize("case", ["another key", "another namespace", "changed after it was signed"])
def test_a_forged_statement(
    scene: Scene,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    statement = payload_of(scene.statement)
    if case == "another key":
        envelope = resigned(scene, statement, key=make_key(tmp_path / "keys" / "stranger"))
    elif case == "another namespace":
        envelope = resigned(scene, statement, namespace=PROVENANCE_NAMESPACE)
    else:
        signed = json.loads(scene.statement.read_bytes())
        statement["predicate"]["base"]["name"] = "v0.9"
        signed["payload"] = base64.b64encode(canonical_bytes(statement)).decode()
        envelope = canonical_bytes(signed)
    folder = released_with(scene, tmp_path, monkeypatch, envelope)
    code, err, _ = verify(scene, folder, capsys, demanding(scene))
    assert (code, PERFORMANCE_NAME in err) == (ExitCode.INTEGRITY, True), err


def test_a_regression_is_attested_as_one(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(scene.root)
    strict = tmp_path / "gate.toml"
    strict.write_text(GATE.replace("3.0", "0.01"))
    target = tmp_path / PERFORMANCE_NAME
    words = ["gate", "--policy", str(strict), *SIDES, "--attest", str(target), "--sign", str(scene.key)]
    assert execute(words) == ExitCode.CHECK_FAILED
    result = payload_of(target)["predicate"]
    assert result["verdict"] == "regression"
    assert result["reasons"][0].startswith("throughput: worse")
    folder = released_with(scene, tmp_path, monkeypatch, target.read_bytes())
    code, err, _ = verify(scene, folder, capsys, demanding(scene))
    assert (code, "the verdict is regression, not ok" in err) == (ExitCode.CHECK_FAILED, True)


def test_attest_and_sign_belong_together(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(scene.root)
    for option in (("--attest", str(tmp_path / "x")), ("--sign", str(scene.key))):
        assert execute(["gate", "--policy", str(scene.gate), *SIDES, *option]) == ExitCode.USAGE
        assert "--attest FILE and --sign KEY belong together" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_policy_that_demands_without_requiring_is_refused(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(scene.files, tmp_path / "files")
    policy = demanding(scene).replace('"performance"]', '"manifest"]', 1)
    code, err, _ = verify(scene, folder, capsys, policy)
    assert (code, "performance is not required" in err) == (ExitCode.INVALID_INPUT, True)
