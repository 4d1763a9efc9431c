"""`obrelease verify` with Sigstore bundles: next to the release, as an argument, and behind an address."""

from __future__ import annotations

import functools
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.installation import install_extra
from obrelease.storage.hashing import digest_file
from tests.faults.signed_release import FILES, SUMS, TAG, SignedRelease, copy_release, make_signed_release
from tests.program import START, environment, run_program
from tests.sigstore_authority import ISSUER, REPOSITORY, WORKFLOW, Authority, Bundle, as_json, statement
from tests.unit.release.project import git

BUNDLE, LINES = "SHA256SUMS.sigstore.json", "SHA256SUMS.sigstore.jsonl"
IDENTITY = f"{WORKFLOW}@refs/tags/{{tag}}"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> SignedRelease:
    return make_signed_release(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def files(release: SignedRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A downloaded copy of the release; the working folder is in no repository."""
    monkeypatch.chdir(tmp_path)
    return copy_release(release, tmp_path / "files")


@pytest.fixture
def policy(authority: Authority, tmp_path: Path) -> Path:
    """A policy that demands a signature of the release workflow at the release's own tag."""
    (tmp_path / "root.json").write_bytes(authority.trusted_root())
    return write_policy(tmp_path)


def write_policy(folder: Path, *, required: bool = True, **changes: str | None) -> Path:
    facts = {"identity": IDENTITY, "issuer": ISSUER, "trusted_root": "root.json", **changes}
    path = folder / "policy.toml"
    files = [layer for layer in FILES if layer != "coverage"]  # an address has no list of files
    require = [*files, "sigstore"] if required else files
    head = ['format = "obrelease.release-policy"', "version = 1", 'project = "demo"']
    head.append(f"require = {json.dumps(require)}")
    table = [f"{key} = {json.dumps(value)}" for key, value in facts.items() if value is not None]
    path.write_text("\n".join([*head, "[[sigstore]]", *table]) + "\n")
    return path


def of_sums(authority: Authority, files: Path, **options: Any) -> Bundle:
    """A signature of SHA256SUMS."""
    return authority.sign_file((files / SUMS).read_bytes(), authority.signer(**options))


def digests(files: Path, *names: str) -> dict[str, str]:
    return {name: digest_file(files / name)[0] for name in names}


def verify(files: Path, policy: Path, *more: str) -> int:
    return execute(["verify", str(files), "--policy", str(policy), *more])


def test_a_message_signature_next_to_the_release(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    assert verify(files, policy) == ExitCode.OK
    identity = IDENTITY.replace("{tag}", TAG)
    assert f"ok  sigstore        SHA256SUMS signed by {identity}, issuer {ISSUER}, in {BUNDLE}\n" in (
        capsys.readouterr().out
    )


def test_a_bundle_on_each_line_and_one_that_does_not_count(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subjects = digests(files, SUMS)
    other = authority.attest(statement(subjects, predicate_type="https://example.test/faults/v1"))
    lines = [other, authority.attest(statement(subjects))]
    (files / LINES).write_bytes(b"".join(as_json(line) + b"\n" for line in lines))
    assert verify(files, policy) == ExitCode.OK
    assert f"in {LINES}: line 2; 1 other signatures do not count" in capsys.readouterr().out


def test_an_attestation_as_an_argument(
    authority: Authority, files: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sha256:0123.jsonl"
    path.write_bytes(as_json(authority.attest(statement(digests(files, SUMS)))) + b"\n")
    assert verify(files, policy) == ExitCode.CHECK_FAILED
    assert f"sigstore (there is no {BUNDLE} and no --attestation)" in capsys.readouterr().err
    assert verify(files, policy, "--attestation", str(path)) == ExitCode.OK


def test_every_file_may_be_a_subject_in_place_of_the_sums(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = [line.split("  ")[1] for line in (files / SUMS).read_text().splitlines()]
    halves = (listed[:1], listed[1:])
    for name, half in zip(("a.json", "b.json"), halves, strict=True):
        policy.with_name(name).write_bytes(as_json(authority.attest(statement(digests(files, *half)))))
    arguments = [("--attestation", str(policy.with_name(name))) for name in ("a.json", "b.json")]
    assert verify(files, policy, *arguments[0], *arguments[1]) == ExitCode.OK
    assert f"each of {len(listed)} files signed by {WORKFLOW}@refs/tags/{TAG}" in capsys.readouterr().out
    assert verify(files, policy, *arguments[0]) == ExitCode.INTEGRITY
    assert f"is not signed, nor is {SUMS}, which lists it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "changes", "said"),
    [
        ({"identity": f"{WORKFLOW}@refs/tags/v0.8"}, {}, "refs/tags/v0.8"),
        ({"identity": f"{WORKFLOW}@refs/heads/main"}, {}, "refs/heads/main"),
        ({"issuer": "https://other.test"}, {}, "issuer 'https://other.test'"),
        ({}, {"source_repository": REPOSITORY}, "does not name"),
        ({"source": (REPOSITORY, "a" * 40)}, {"source_repository": REPOSITORY}, f"at {'a' * 40}"),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_another_identity_is_refused_whether_or_not_the_layer_is_required(
    authority: Authority,
    files: Path,
    policy: Path,
    required: bool,
    options: dict[str, Any],
    changes: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_policy(policy.parent, required=required, **changes)
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files, **options)))
    assert verify(files, policy) == ExitCode.INTEGRITY
    assert said in capsys.readouterr().err


def test_the_repository_must_have_been_at_the_commit_of_the_release(
    release: SignedRelease, authority: Authority, files: Path, policy: Path
) -> None:
    write_policy(policy.parent, source_repository=REPOSITORY)
    source = (REPOSITORY, git(release.clone, "rev-parse", f"{TAG}^{{commit}}"))
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files, source=source)))
    assert verify(files, policy) == ExitCode.OK


def test_an_identity_counts_under_its_own_root_alone(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Authority()
    policy.with_name("other.json").write_bytes(other.trusted_root())
    second = f'[[sigstore]]\nidentity = "a@b.test"\nissuer = "{ISSUER}"\ntrusted_root = "other.json"\n'
    policy.write_text(policy.read_text() + second)
    for signed, code in (
        (of_sums(authority, files), ExitCode.OK),
        (of_sums(other, files, identity="a@b.test"), ExitCode.OK),
        (of_sums(other, files), ExitCode.INTEGRITY),
        (of_sums(authority, files, identity="a@b.test"), ExitCode.INTEGRITY),
        (of_sums(Authority(), files), ExitCode.INTEGRITY),
    ):
        (files / BUNDLE).write_bytes(as_json(signed))
        assert verify(files, policy) == code
    assert "certificate chain" in capsys.readouterr().err


def test_a_signature_of_another_release_is_refused(
    release: SignedRelease, authority: Authority, files: Path, policy: Path
) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, release.files("v0.8"))))
    assert verify(files, policy) == ExitCode.INTEGRITY


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n" * 80, "line 1"),
        (b"", "line 1"),
        (b"{}\n" + b" " * 2**20 + b"{}\n", "has not exactly one of"),
        (b" " * (16 * 2**20 + 1), "larger than"),
    ],
)
def test_lines_are_bounded(
    files: Path, policy: Path, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / LINES).write_bytes(content)
    assert verify(files, policy) == ExitCode.INVALID_INPUT
    assert said in capsys.readouterr().err


def test_the_bundles_of_all_files_are_counted_together(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = as_json(of_sums(authority, files)) + b"\n"
    (files / LINES).write_bytes(line * 63)
    policy.with_name("more.jsonl").write_bytes(line)
    more = ("--attestation", str(policy.with_name("more.jsonl")))
    assert verify(files, policy, *more) == ExitCode.OK
    assert verify(files, policy, *more, *more) == ExitCode.INVALID_INPUT
    assert "more than 64 Sigstore bundles" in capsys.readouterr().err


def test_a_trusted_root_that_is_missing_or_malformed(authority: Authority, files: Path, policy: Path) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    policy.with_name("root.json").write_bytes(b"{}")
    assert verify(files, policy) == ExitCode.INVALID_INPUT
    policy.with_name("root.json").unlink()
    assert verify(files, policy) == ExitCode.NOT_FOUND


def test_an_attestation_needs_a_policy_that_names_an_identity(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = policy.with_name("a.json")
    path.write_bytes(as_json(of_sums(authority, files)))
    assert execute(["verify", str(files), "--attestation", str(path)]) == ExitCode.USAGE
    assert "needs a policy with [[sigstore]]" in capsys.readouterr().err


def test_without_a_policy_a_bundle_is_no_unlisted_file_and_not_believed(
    authority: Authority, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    assert execute(["verify", str(files)]) == ExitCode.OK
    assert "--  sigstore        no policy names a Sigstore identity" in capsys.readouterr().out


def test_a_bundle_behind_an_address_is_downloaded(authority: Authority, files: Path, policy: Path) -> None:
    (files / LINES).write_bytes(as_json(of_sums(authority, files)) + b"\n")
    with served(files) as address:
        assert execute(["verify", address, "--policy", str(policy)]) == ExitCode.OK


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that writes no log."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


class served:  # noqa: N801
    """The address of a folder while the block runs."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program as it is without `obrelease[sigstore]`."""
    monkeypatch.setitem(sys.modules, "sigstore.errors", None)
    for name in ("obrelease.release.verify.sigstore_coverage", "obrelease.bundle.signing.sigstore_bundle"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return


@pytest.mark.usefixtures("no_package")
def test_a_missing_package_is_named_if_the_layer_is_demanded(
    authority: Authority, files: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    assert verify(files, policy) == ExitCode.USAGE
    assert install_extra("sigstore") in capsys.readouterr().err
    write_policy(policy.parent, required=False)
    assert verify(files, policy) == ExitCode.OK
    assert "--  sigstore        the sigstore package is not installed" in capsys.readouterr().out


OFFLINE = f"""
import sys
def audit(event, arguments):
    if event in {{"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"}}:
        raise RuntimeError(f"a network was used: {{event}}")
sys.addaudithook(audit)
try:
    {START}
finally:
    print("loaded" if "sigstore" in sys.modules else "not loaded", file=sys.stderr)
"""


@pytest.mark.parametrize(("root", "code"), [("root.json", ExitCode.OK), (None, ExitCode.INTEGRITY)])
def test_no_network_and_no_file_of_the_user_is_used(
    authority: Authority, files: Path, policy: Path, tmp_path: Path, root: str | None, code: ExitCode
) -> None:
    write_policy(policy.parent, trusted_root=root)
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    home = tmp_path / "home"
    home.mkdir()
    env = environment(HOME=str(home), MPLCONFIGDIR=str(tmp_path / "plots"))
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        env.pop(name, None)
    done = run_program("verify", files, "--policy", policy, code=OFFLINE, env=env)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (code, "loaded")
    assert list(home.iterdir()) == []


def test_the_package_is_not_loaded_unless_the_policy_asks_for_it(
    authority: Authority, files: Path, policy: Path
) -> None:
    (files / BUNDLE).write_bytes(as_json(of_sums(authority, files)))
    policy.write_text(policy.read_text().partition("[[sigstore]]")[0].replace(', "sigstore"', ""))
    done = run_program("verify", files, "--policy", policy, code=OFFLINE)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "not loaded")
