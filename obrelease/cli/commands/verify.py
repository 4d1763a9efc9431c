"""`obrelease verify`: check every layer of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import Session, command
from obrelease.cli.console.completion import tags
from obrelease.cli.console.options import ForgeOption
from obrelease.cli.rendering.release import verification_text

ReleaseArgument = Annotated[
    str,
    typer.Argument(
        metavar="TAG|PATH|URL",
        help="A tag, a folder of a release's files (./NAME for one in this folder), or an address (https or"
        " oci://HOST/PATH:TAG).",
        autocompletion=tags,
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Require what this TOML file lists, and its signers."),
]

AttestationOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--attestation",
        metavar="FILE",
        help="A Sigstore bundle, or a .jsonl file with one per line; may be repeated. Needs --policy.",
    ),
]


@command("verify")
def verify(
    session: Session,
    release: ReleaseArgument,
    forge: ForgeOption = None,
    policy: PolicyOption = None,
    attestation: AttestationOption = None,
) -> None:
    """Check every layer of a release.

    Files, runs, notes, pictures, forge, sources, tag, signatures. The exit code of a failed check
    is 1, 4, 5, 6 or 8.
    """
    project = session.project(forge=forge)
    result = api.verify(
        release, policy=policy, attestations=attestation or (), project=project, reporter=session.out
    )
    session.out.result(result.to_json(), lambda: verification_text(result))
