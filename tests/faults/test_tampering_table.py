"""Twelve kinds of tampering, twenty of each: all are refused, and each standard tool that applies agrees."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.faults.signed_release import (
    FILES,
    OLD,
    SIGNATURE,
    SIGNED,
    TAG,
    SignedRelease,
    Tools,
    copy_clone,
    copy_release,
    make_signed_release,
    policy_text,
)
from tests.faults.tampered_files import (
    Case,
    added_or_removed,
    asset_bytes,
    lowered_sequences,
    moved_tags,
    stripped_layers,
    sums_lines,
)
from tests.faults.tampered_signatures import (
    dropped_subjects,
    payload_types,
    reencoded_payloads,
    signature_bytes,
    wrong_keys,
    wrong_namespaces,
)

REFUSALS = {
    ExitCode.CHECK_FAILED,
    ExitCode.INVALID_INPUT,
    ExitCode.INTEGRITY,
    ExitCode.NOT_FOUND,
    ExitCode.CONFLICT,
}
OFFLINE = (*FILES, "sums-signature", "provenance")

TABLE: dict[str, Callable[[], Iterator[Case]]] = {
    "asset byte": asset_bytes,
    "added or removed asset": added_or_removed,
    "sums line": sums_lines,
    "signature byte": signature_bytes,
    "wrong namespace": wrong_namespaces,
    "wrong key": wrong_keys,
    "moved tag": moved_tags,
    "lowered sequence": lowered_sequences,
    "payload type": payload_types,
    "re-encoded payload": reencoded_payloads,
    "dropped subject": dropped_subjects,
    "stripped layer": stripped_layers,
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> SignedRelease:
    return make_signed_release(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Path, Path, Path], str]:
    """Runs `verify` in a folder with a policy, and gives what it refuses with; "" where it accepts."""

    def run(folder: Path, where: Path, policy: Path) -> str:
        monkeypatch.chdir(where)
        code = execute(["verify", str(folder), "--policy", str(policy)])
        assert code == 0 or code in REFUSALS
        said = capsys.readouterr().err
        return said if code else ""

    return run


def policy_in(place: Path, release: SignedRelease, require: tuple[str, ...], floor: str | None) -> Path:
    path = place / f"policy-{len(require)}.toml"
    more = {"not_older_than": floor} if floor else {}
    path.write_text(policy_text(require, release.allowed_signers, **more))
    return path


def verdicts(tools: Tools, folder: Path, clone: Path, scratch: Path) -> dict[str, bool]:
    return {
        "sha256sum": tools.sha256sum(folder),
        "ssh-keygen": tools.ssh_keygen(folder),
        "git": tools.git(clone),
        "openssl": tools.openssl(folder, scratch),
    }


def test_the_untouched_release_is_accepted_by_all(
    release: SignedRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refusal: Callable[[Path, Path, Path], str],
) -> None:
    monkeypatch.chdir(release.clone)
    assert execute(["verify", str(release.files()), "--policy", str(release.policy), "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["name"] for layer in layers if layer["checked"]] == [*FILES, *SIGNED]
    assert all(verdicts(Tools(release), release.files(), release.clone, tmp_path / "s").values())
    offline = policy_in(tmp_path, release, OFFLINE, OLD)
    assert refusal(release.files(), tmp_path, offline) == ""
    assert refusal(release.files(OLD), tmp_path, offline) == ""


def test_the_table_has_twelve_kinds_of_twenty() -> None:
    assert [len(list(cases())) for cases in TABLE.values()] == [20] * 12


@pytest.mark.parametrize("kind", TABLE)
def test_every_tampering_is_refused_here_and_by_each_tool_that_applies(
    release: SignedRelease, tmp_path: Path, refusal: Callable[[Path, Path, Path], str], kind: str
) -> None:
    tools, refused = Tools(release), 0
    for number, case in enumerate(TABLE[kind]()):
        place = tmp_path / str(number)
        folder = copy_release(release, place / "files", OLD if case.older else TAG)
        clone = copy_clone(release, place / "clone") if case.in_git else release.clone
        case.act(release, folder, clone)
        full = policy_in(place, release, (*FILES, *SIGNED), case.not_older_than)
        said = refusal(folder, clone, full)
        assert said, f"{kind} {number} was accepted"
        if not case.in_git:
            said = refusal(folder, place, policy_in(place, release, OFFLINE, case.not_older_than))
        assert re.search(case.says, said), f"{kind} {number}: {said}"
        found = verdicts(tools, folder, clone, place / "openssl")
        assert {tool for tool in case.tools if found[tool]} == set(), f"{kind} {number}"
        refused += 1
        shutil.rmtree(place)
    assert refused == 20


def test_a_looser_spelling_of_the_signature_file_is_refused_though_ssh_keygen_takes_it(
    release: SignedRelease, tmp_path: Path, refusal: Callable[[Path, Path, Path], str]
) -> None:
    folder = copy_release(release, tmp_path / "files")
    path = folder / SIGNATURE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n", 3))
    assert Tools(release).ssh_keygen(folder)
    said = refusal(folder, tmp_path, policy_in(tmp_path, release, OFFLINE, None))
    assert "is not an SSH signature as ssh-keygen writes it" in said
