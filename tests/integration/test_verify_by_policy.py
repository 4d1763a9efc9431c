"""`obrelease verify` with a policy: folders, tags, addresses, attestations, and rebuilds without the key."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.release.verify.download_url import Address
from tests.faults.signed_release import (
    BUNDLE,
    FILES,
    MANIFEST,
    PRINCIPAL,
    PROVENANCE,
    SIGNATURE,
    SIGNED,
    SUMS,
    TAG,
    SignedRelease,
    copy_clone,
    copy_release,
    make_key,
    make_signed_release,
    policy_text,
)
from tests.unit.release.project import git

OFFLINE = (*FILES, "sums-signature", "provenance")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> SignedRelease:
    return make_signed_release(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def offline(release: SignedRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy for those who have no repository; the working folder is in none."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "policy.toml"
    path.write_text(
        policy_text(tuple(name for name in OFFLINE if name != "coverage"), release.allowed_signers)
    )
    return path


def layers(text: str) -> dict[str, bool]:
    return {layer["name"]: layer["checked"] for layer in json.loads(text)["layers"]}


def test_a_downloaded_folder_needs_no_repository_and_no_network(
    release: SignedRelease, offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["verify", str(release.files()), "--policy", str(offline), "--json"]) == 0
    found = layers(capsys.readouterr().out)
    assert [name for name, checked in found.items() if checked] == list(OFFLINE)
    assert [name for name, checked in found.items() if not checked] == [
        "origin",
        "tag",
        "tag-signature",
        "attestation",
        "sigstore",
    ]


def test_a_tag_is_verified_in_a_clone_against_the_forge(
    release: SignedRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(release.clone)
    monkeypatch.setenv("OBRELEASE_RELEASES", str(release.project.releases))
    policy = tmp_path / "policy.toml"
    policy.write_text(policy_text((*FILES, "forge", *SIGNED), release.allowed_signers, not_older_than=TAG))
    assert execute(["verify", TAG, "--policy", str(policy)]) == 0
    said = capsys.readouterr().out
    assert f"signed by '{PRINCIPAL}', SHA256:" in said
    assert "--  attestation" in said


def test_without_a_policy_signatures_are_checked_but_not_trusted(
    release: SignedRelease, offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["verify", str(release.files()), "--json"]) == 0
    assert not layers(capsys.readouterr().out)["sums-signature"]


def test_a_missing_layer_is_named_with_its_reason(
    release: SignedRelease, offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offline.write_text(policy_text((*FILES, *SIGNED), release.allowed_signers))
    assert execute(["verify", str(release.files()), "--policy", str(offline)]) == ExitCode.CHECK_FAILED
    assert "tag (not in a git repository); tag-signature (not in a git" in capsys.readouterr().err


def test_a_policy_of_another_project_refuses(release: SignedRelease, offline: Path) -> None:
    offline.write_text(offline.read_text().replace('"demo"', '"other"'))
    assert execute(["verify", str(release.files()), "--policy", str(offline)]) == ExitCode.INTEGRITY


def test_the_signers_may_stand_in_a_file_beside_the_policy(release: SignedRelease, offline: Path) -> None:
    shutil.copy(release.allowed_signers, offline.parent / "signers")
    offline.write_text(policy_text(OFFLINE, None, allowed_signers_file="signers"))
    assert execute(["verify", str(release.files()), "--policy", str(offline)]) == 0
    (offline.parent / "signers").unlink()
    assert execute(["verify", str(release.files()), "--policy", str(offline)]) == ExitCode.NOT_FOUND


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that writes no log."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def served(release: SignedRelease, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a copy of the release, and its folder."""
    folder = copy_release(release, tmp_path / "served")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()


def test_an_address_is_verified_without_a_token(
    served: tuple[str, Path], offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["verify", f"{served[0]}/", "--policy", str(offline), "--json"]) == 0
    found = layers(capsys.readouterr().out)
    assert not found["forge"]
    assert found["provenance"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (SUMS, ExitCode.NOT_FOUND),
        (MANIFEST, ExitCode.INTEGRITY),
        (BUNDLE, ExitCode.INTEGRITY),
        (SIGNATURE, ExitCode.CHECK_FAILED),
        (PROVENANCE, ExitCode.CHECK_FAILED),
    ],
)
def test_what_is_missing_behind_an_address_is_refused(
    served: tuple[str, Path], offline: Path, name: str, code: ExitCode
) -> None:
    (served[1] / name).unlink()
    assert execute(["verify", served[0], "--policy", str(offline)]) == code


def test_a_file_larger_than_in_the_manifest_is_not_read_to_its_end(
    served: tuple[str, Path], offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (served[1] / BUNDLE).open("ab") as file:
        file.write(bytes(100_000))
    assert execute(["verify", served[0], "--policy", str(offline)]) == ExitCode.REMOTE
    assert "is larger than" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "http://example.invalid/x",
        "ftp://127.0.0.1/x",
        "file:///etc",
        "https://user:secret@example.invalid/x",
        "https://example.invalid/x?y=z",
        "https://example.invalid/x#y",
        "https://[::1/x",
        "https:///x",
        "http://127.0.0.1:99999/x",
    ],
)
def test_other_addresses_are_refused_before_anything_is_read(offline: Path, address: str) -> None:
    assert execute(["verify", address, "--policy", str(offline)]) == ExitCode.USAGE


def test_a_release_page_leads_to_its_files_and_names_the_tag() -> None:
    page = "https://github.example/o/n/releases/tag/v0.9-beta"
    assert Address.parse(page) == Address(
        "https://github.example/o/n/releases/download/v0.9-beta", "v0.9-beta"
    )


def fake_gh(folder: Path, code: int) -> Path:
    """A `gh` that notes its arguments and ends with `code`."""
    folder.mkdir()
    path = folder / "gh"
    path.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >"{folder}/said"\necho "no attestation" >&2\nexit {code}\n'
    )
    path.chmod(0o755)
    return folder / "said"


@pytest.mark.parametrize("code", [0, 1])
def test_an_attestation_is_checked_by_gh(
    release: SignedRelease, offline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    said = fake_gh(tmp_path / "bin", code)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    more = {"repository": "octocat/demo", "signer_workflow": "octocat/demo/.github/workflows/release.yml"}
    offline.write_text(policy_text((*OFFLINE, "attestation"), release.allowed_signers, **more))
    found = execute(["verify", str(release.files()), "--policy", str(offline)])
    assert found == (ExitCode.INTEGRITY if code else ExitCode.OK)
    words = said.read_text().split()
    assert words[:2] == ["attestation", "verify"]
    assert words[2].endswith(SUMS)
    assert words[3:] == ["--repo", "octocat/demo", "--signer-workflow", more["signer_workflow"]]


def test_a_demanded_attestation_without_gh_is_a_missing_layer(
    release: SignedRelease, offline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "ssh-keygen"):
        (tools / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tools))
    offline.write_text(policy_text((*OFFLINE, "attestation"), release.allowed_signers, repository="o/n"))
    assert execute(["verify", str(release.files()), "--policy", str(offline)]) == ExitCode.CHECK_FAILED


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert execute([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_rebuild_without_the_key_gives_the_signed_release_byte_for_byte(
    release: SignedRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clone = copy_clone(release, tmp_path / "clone")
    git(clone, "checkout", "--quiet", TAG)
    monkeypatch.chdir(clone)
    run_json(capsys, "bundle", TAG, "--output", str(tmp_path / "rebuilt"))
    for path in release.files().iterdir():
        assert (tmp_path / "rebuilt" / path.name).read_bytes() == path.read_bytes()


def test_a_bundle_that_differs_from_the_signed_tag_is_not_made(
    release: SignedRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = copy_clone(release, tmp_path / "clone")
    results = tmp_path / "results"
    shutil.copytree(release.project.results, results)
    shutil.rmtree(next((results / "bench").iterdir()))
    monkeypatch.chdir(clone)
    monkeypatch.setenv("OBRELEASE_RESULTS", str(results))
    assert execute(["bundle", TAG, "--output", str(tmp_path / "rebuilt")]) == ExitCode.CONFLICT
    assert not (tmp_path / "rebuilt").exists()


def test_an_unsigned_tag_is_not_signed_afterwards(
    release: SignedRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clone = copy_clone(release, tmp_path / "clone")
    monkeypatch.chdir(clone)
    assert execute(["tag", "v1"]) == 0
    assert execute(["tag", "v1", "--sign", str(release.key)]) == ExitCode.CONFLICT
    assert "is not signed" in capsys.readouterr().err
    assert execute(["tag", "v2", "--sign", str(tmp_path / "nothing")]) == ExitCode.USAGE
    assert git(clone, "tag", "--list", "v2") == ""


def test_a_public_key_signs_through_the_agent(
    release: SignedRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(tmp_path / "agents")
    socket = tmp_path / "agent.sock"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        for _ in range(200):
            if subprocess.run(["ssh-add", "-q", str(key)], check=False, capture_output=True).returncode == 0:
                break
        key.unlink()
        clone = copy_clone(release, tmp_path / "clone")
        monkeypatch.chdir(clone)
        assert execute(["tag", "v3", "--sign", f"{key}.pub"]) == 0
        assert "BEGIN SSH SIGNATURE" in git(clone, "cat-file", "tag", "v3")
    finally:
        agent.terminate()
        agent.wait()
