"""Runs every bundle of Sigstore's official conformance set through our own verification, offline.

usage: scripts/check_sigstore_conformance.py FOLDER

FOLDER is `test/assets/bundle-verify` of https://github.com/sigstore/sigstore-conformance (or a folder that holds it):
a folder per case whose name ends with `_fail` if the bundle must be refused. The set is not part of this repository.
Exit code 1: a bad bundle was accepted, a good one that is not a named gap was refused, or there is no case at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.bundle.signing.sigstore_bundle import IgnoredSignature, SigstoreVerifier, TrustedIdentity
from obrelease.errors import ObreleaseError
from obrelease.storage.hashing import digest_bytes

IDENTITY: Final = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
    "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER: Final = "https://token.actions.githubusercontent.com"
BUNDLE: Final = "bundle.sigstore.json"
GAPS: Final = {
    "intoto-with-custom-trust-root": "sigstore-python supports no log entry of the kind intoto",
    "trust-root-tsa-validity-end-inclusive": "sigstore-python excludes the last instant of a time range",
    "managed-key-and-trusted-root": "signed with a key, not with an identity; SSH signatures serve that here",
    "managed-key-happy-path": "signed with a key, not with an identity; SSH signatures serve that here",
}


def cases(folder: Path) -> Iterator[Path]:
    """The folders of the cases, wherever they are below the folder."""
    return (path.parent for path in sorted(folder.rglob(BUNDLE)))


def refusal(case: Path) -> str | None:
    """Why our verification refuses a case, or None if it accepts it."""
    artifact = case / "artifact"
    message = (artifact if artifact.is_file() else case.parent.parent / "a.txt").read_bytes()
    root = case / "trusted_root.json"
    identity, issuer = (
        (case / name).read_text("utf-8").strip() if (case / name).is_file() else default
        for name, default in (("identity", IDENTITY), ("issuer", ISSUER))
    )
    try:
        found = SigstoreVerifier(root.read_bytes() if root.is_file() else None).verify(
            (case / BUNDLE).read_bytes(),
            BUNDLE,
            digests={"artifact": digest_bytes(message)},
            message=("artifact", message),
            trusted=[TrustedIdentity(identity, issuer)],
        )
    except ObreleaseError as error:
        return f"{type(error).__name__}: {error.message}"
    return found.reason if isinstance(found, IgnoredSignature) else None


def main(folder: Path) -> int:
    """Print a table of every case; 0 if every bad one is refused and every good one accepted, but for the gaps."""
    counts: dict[str, int] = {}
    for case in cases(folder):
        reason, bad = refusal(case), case.name.endswith("_fail")
        if bad:
            outcome = "ACCEPTED, must be refused" if reason is None else "refused"
        elif case.name in GAPS:
            outcome = "ACCEPTED, no gap any more" if reason is None else "named gap"
        else:
            outcome = "accepted" if reason is None else "REFUSED, must be accepted"
        counts[outcome] = counts.get(outcome, 0) + 1
        why = f"{GAPS[case.name]}: {reason}" if outcome == "named gap" else reason or ""
        print(f"{outcome:26} {case.name:58} {why[:150]}")
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no case was found")
    return 0 if counts and not any(outcome.split()[0].isupper() for outcome in counts) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
