"""A signed release of a small project, and the standard tools with which a third party verifies it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from obrelease.bundle import sha256sums
from obrelease.bundle.signing.armor import from_armor, from_base64, to_base64
from obrelease.bundle.signing.ssh import PROVENANCE_NAMESPACE, SUMS_NAMESPACE, check
from obrelease.errors import IntegrityError
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.provenance import PAYLOAD_TYPE, pae
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.pipeline import PUBLISH, run_steps
from obrelease.storage.hashing import digest_file
from tests.unit.release.project import Project, git, make_project

OLD, TAG = "v0.8", "v0.9-beta"
SUMS, SIGNATURE, PROVENANCE, MANIFEST = (
    sha256sums.NAME,
    "SHA256SUMS.sig",
    "provenance.dsse.json",
    "manifest.json",
)
BUNDLE = f"demo-{TAG}.tar.gz"
PRINCIPAL = "maintainer@localhost"
FILES = ("sums", "manifest", "bundle", "members", "runs", "notes", "pictures", "coverage")
SIGNED = ("tag", "tag-signature", "sums-signature", "provenance")

_ED25519_DER = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True, slots=True)
class SignedRelease:
    """Where the pieces lie: the files of two releases, a clone with their tags, a key and a policy."""

    base: Path
    project: Project
    clone: Path
    key: Path
    allowed_signers: Path
    policy: Path

    def files(self, tag: str = TAG) -> Path:
        """The files of a release, not to be touched."""
        return self.project.releases / tag / "assets"


def make_key(path: Path, *kind: str) -> Path:
    """A new SSH key without a passphrase."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["-q", *(kind or ("-t", "ed25519")), "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(["ssh-keygen", *arguments], check=True, capture_output=True)
    return path


def public(key: Path) -> str:
    """Type and base64 of a key, without its comment."""
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


def policy_text(require: tuple[str, ...], signers: Path | None, **more: str) -> str:
    """A policy file of the project `demo`."""
    facts = {"format": "obrelease.release-policy", "project": "demo", **more}
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    lines += ["version = 1", f"require = {json.dumps(list(require))}"]
    if signers is not None:
        lines.append(f"allowed_signers = {json.dumps(signers.read_text())}")
    return "\n".join(lines) + "\n"


def make_signed_release(base: Path) -> SignedRelease:
    """Publish v0.8 and v0.9-beta of one project, both signed by the same key."""
    project, key = make_project(base), make_key(base / "keys" / "maintainer")
    context = replace(project.context(), key=key)
    for tag in (OLD, TAG):
        plan = create_plan(
            PublishOptions("demo", Tag.parse(tag), (), "origin"), PUBLISH, context, project.head()
        )
        run_steps(plan, PUBLISH, context, base / f"scratch-{tag}", Journal.of(context.repo.git_dir, tag))
        git(project.root, "commit", "--quiet", "--allow-empty", f"--message=after {tag}")
        git(project.root, "push", "--quiet", "origin", "main")
    git(base, "clone", "--quiet", "--branch=main", str(project.remote), "clone")
    allowed = base / "allowed_signers"
    spaces = f"git,{SUMS_NAMESPACE},{PROVENANCE_NAMESPACE}"
    allowed.write_text(f'{PRINCIPAL} namespaces="{spaces}" {public(key)}\n')
    policy = base / "policy.toml"
    policy.write_text(policy_text((*FILES, *SIGNED), allowed))
    return SignedRelease(base, project, base / "clone", key, allowed, policy)


def ssh_sign(key: Path, namespace: str, data: bytes) -> bytes:
    """A signature file, straight from ssh-keygen."""
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key)]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def reseal(folder: Path) -> None:
    """Write SHA256SUMS again over what is there, as an attacker would who has no key."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in {SUMS, SIGNATURE, PROVENANCE})
    (folder / SUMS).write_bytes(sha256sums.render({name: digest_file(folder / name)[0] for name in names}))


def write_envelope(folder: Path, **changes: object) -> None:
    """Change parts of the provenance's envelope."""
    found = json.loads((folder / PROVENANCE).read_bytes())
    (folder / PROVENANCE).write_bytes(canonical_bytes({**found, **changes}))


def payload_of(folder: Path) -> bytes:
    """The statement of the provenance, as its bytes are."""
    return base64.b64decode(json.loads((folder / PROVENANCE).read_bytes())["payload"])


def sign_payload(key: Path, folder: Path, payload: bytes, namespace: str = PROVENANCE_NAMESPACE) -> None:
    """Put a payload into the envelope with a signature that fits it, keyid included."""
    signed = pae(PAYLOAD_TYPE, payload)
    blob = from_armor(ssh_sign(key, namespace, signed), "signature")
    keyid = check(blob, namespace, signed, "signature").fingerprint
    text = base64.b64encode(payload).decode()
    write_envelope(folder, payload=text, signatures=[{"keyid": keyid, "sig": to_base64(blob)}])


def retag(clone: Path, commit: str, key: Path | None = None) -> None:
    """Make the tag anew by hand with its old message: signed by `key`, or not at all."""
    message = git(clone, "cat-file", "tag", TAG).partition("\n\n")[2].partition("-----BEGIN")[0]
    kind = ["--annotate"] if key is None else ["--sign"]
    setting = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={key}"]
    git(clone, *setting, "tag", "--force", "--cleanup=verbatim", *kind, f"--message={message}", TAG, commit)


class Tools:
    """The verdicts of standard tools on a folder and a clone: True where they accept."""

    def __init__(self, release: SignedRelease) -> None:
        self._release = release

    def sha256sum(self, folder: Path) -> bool:
        """Every listed file is what SHA256SUMS says."""
        return _accepts(["sha256sum", "--check", "--strict", "--quiet", SUMS], folder)

    def ssh_keygen(self, folder: Path) -> bool:
        """The maintainer signed SHA256SUMS, in its namespace."""
        signers = str(self._release.allowed_signers)
        command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", PRINCIPAL, "-n", SUMS_NAMESPACE]
        path = folder / SUMS
        text = path.read_bytes() if path.exists() else b""
        return _accepts([*command, "-s", SIGNATURE], folder, text)

    def git(self, clone: Path) -> bool:
        """The maintainer signed the tag."""
        setting = f"gpg.ssh.allowedSignersFile={self._release.allowed_signers}"
        return _accepts(["git", "-c", setting, "verify-tag", TAG], clone)

    def openssl(self, folder: Path, scratch: Path) -> bool:
        """The maintainer's raw Ed25519 key signed the PAE of the payload, by OpenSSL's own arithmetic."""
        try:
            envelope = json.loads((folder / PROVENANCE).read_bytes())
            signature = envelope["signatures"][0]["sig"]
            signed = pae(envelope["payloadType"], base64.b64decode(envelope["payload"]))
            namespace, digest_name, raw = _sshsig(from_base64(signature, PROVENANCE))
        except (ValueError, KeyError, IndexError, struct.error, FileNotFoundError, IntegrityError):
            return False
        digest = subprocess.run(
            ["openssl", "dgst", f"-{digest_name}", "-binary"], input=signed, capture_output=True, check=True
        ).stdout
        scratch.mkdir(exist_ok=True)
        (scratch / "data").write_bytes(
            b"SSHSIG"
            + _string(PROVENANCE_NAMESPACE.encode())
            + _string(b"")
            + _string(digest_name.encode())
            + _string(digest)
        )
        (scratch / "signature").write_bytes(raw)
        blob = base64.b64decode(public(self._release.key).split()[1])
        body = base64.b64encode(_ED25519_DER + blob[-32:]).decode()
        (scratch / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "data"]
        return namespace == PROVENANCE_NAMESPACE and _accepts([*command, "-sigfile", "signature"], scratch)


def copy_release(release: SignedRelease, target: Path, tag: str = TAG) -> Path:
    """The files of a release, free to be tampered with."""
    shutil.copytree(release.files(tag), target)
    return target


def copy_clone(release: SignedRelease, target: Path) -> Path:
    """The clone, free to be tampered with."""
    shutil.copytree(release.clone, target, symlinks=True)
    return target


def _accepts(command: list[str], folder: Path, data: bytes = b"") -> bool:
    environment = {"PATH": os.environ["PATH"], "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True, check=False, env=environment)
    return done.returncode == 0


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _sshsig(blob: bytes) -> tuple[str, str, bytes]:
    """Namespace, digest and raw Ed25519 signature of an SSHSIG blob (OpenSSH PROTOCOL.sshsig)."""
    at, parts = len(b"SSHSIG") + 4, []
    while at < len(blob):
        (size,) = struct.unpack_from(">I", blob, at)
        parts.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    _key, namespace, _reserved, digest_name, signature = parts
    return namespace.decode(), digest_name.decode(), signature[-64:]
