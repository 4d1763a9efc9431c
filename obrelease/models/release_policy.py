"""Verification policy: a TOML file with the checks that a release must pass to be trusted.

Format history:

1. First version. Later programs know more keys and layers of it: `[[sigstore]]` with the layer
   `sigstore`, `[performance]` with the layer of that name, and the layers `notes`, `pictures`, `origin` and
   `coverage`. The version stays, because an older program refuses a key or a layer by its name.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from obrelease.models.base import Digest, Document, Slug
from obrelease.models.performance_result import GateVerdictName
from obrelease.models.policy_file import MAX_POLICY_BYTES, RELEASE_POLICY, load_policy
from obrelease.models.version_tag import TagText

LayerName = Literal[
    "sums",
    "manifest",
    "bundle",
    "members",
    "runs",
    "notes",
    "pictures",
    "coverage",
    "forge",
    "origin",
    "tag",
    "tag-signature",
    "sums-signature",
    "provenance",
    "attestation",
    "sigstore",
    "performance",
]
LAYERS: Final[tuple[LayerName, ...]] = get_args(LayerName)
"""Every layer, in the order of reports."""

SIGNED_LAYERS: Final = frozenset({"tag-signature", "sums-signature", "provenance", "performance"})

TAG_PLACEHOLDER: Final = "{tag}"
MAX_IDENTITIES: Final = 32

Principal = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]


class SigstoreIdentity(Document):
    """An identity whose Sigstore signatures count. Every comparison is exact: there are no patterns.

    Attributes:
        identity: the URL or e-mail address in the certificate. If it ends with `@refs/tags/{tag}`, the
            tag of the release replaces `{tag}`, so that one policy serves every release.
        issuer: the URL of the OpenID Connect provider that vouches for the identity.
        source_repository: the URL of the repository whose workflow must have signed, at the commit of
            the release; needed if the identity is a reusable workflow, which anybody can call.
        trusted_root: a file, relative to the policy; None for the public instance's root that the
            `sigstore` package carries.
    """

    identity: Annotated[
        str,
        StringConstraints(pattern=r"^[!-)+-z|~]{1,500}(@refs/tags/\{tag\})?$"),
    ]
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[!-)+-z|~]{1,300}$")]
    source_repository: Annotated[str, StringConstraints(pattern=r"^https://[!-)+-z|~]{1,300}$")] | None = None
    trusted_root: Annotated[str, Field(min_length=1, max_length=4096)] | None = None


class PerformanceDemand(Document):
    """What the performance statement of a release must say.

    Attributes:
        verdicts: the accepted verdicts of the gate.
        detectable_percent: the largest accepted minimum detectable effect; any, also none, if None.
        gate_policy_sha256: the sha256 of the gate policy that must have decided; any if None.
        every_run: whether every run of the release must be in the statement.
        unlike: whether sides that differ in facts, compared by force, are accepted.
    """

    verdicts: Annotated[tuple[GateVerdictName, ...], Field(min_length=1)] = ("ok",)
    detectable_percent: Annotated[float, Field(gt=0, le=1_000, strict=False)] | None = None
    gate_policy_sha256: Digest | None = None
    every_run: bool = True
    unlike: bool = False


class ReleasePolicy(Document):
    """The checks that a release must pass.

    Attributes:
        project: the project whose releases are accepted.
        require: the layers that must have been checked; a layer that cannot be checked fails.
        allowed_signers: whose signatures are accepted, in the format of `ssh-keygen`'s ALLOWED SIGNERS.
        allowed_signers_file: the same as a file, relative to the policy.
        signers: the accepted principals among them; all if empty.
        not_older_than: the lowest accepted tag, against an attacker who offers an old release.
        repository: `owner/name` on GitHub, whose workflow attested the files.
        signer_workflow: the workflow that must have attested them, as `gh` takes it.
        sigstore: whose Sigstore signatures count.
        performance: what the performance statement must say.
    """

    format: Literal["obrelease.release-policy"]
    version: Literal[1]
    project: Slug
    require: Annotated[tuple[LayerName, ...], Field(min_length=1)]
    allowed_signers: Annotated[str, Field(max_length=MAX_POLICY_BYTES)] | None = None
    allowed_signers_file: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    signers: tuple[Principal, ...] = ()
    not_older_than: TagText | None = None
    repository: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$"),
        ]
        | None
    ) = None
    signer_workflow: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/@-]{0,299}$")] | None
    ) = None

    sigstore: Annotated[tuple[SigstoreIdentity, ...], Field(max_length=MAX_IDENTITIES)] = ()
    performance: PerformanceDemand | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if len(set(self.require)) != len(self.require):
            raise ValueError("require names a layer twice")
        given = (self.allowed_signers is not None) + (self.allowed_signers_file is not None)
        if given > 1:
            raise ValueError("allowed_signers and allowed_signers_file exclude each other")
        signed = sorted(SIGNED_LAYERS & set(self.require))
        if given == 0 and (signed or self.signers):
            what = f"{signed[0]} is required" if signed else "signers are given"
            raise ValueError(f"{what}, but allowed_signers is missing")
        if "attestation" in self.require and self.repository is None:
            raise ValueError("attestation is required, but repository is missing")
        if "sigstore" in self.require and not self.sigstore:
            raise ValueError("sigstore is required, but no [[sigstore]] names an identity and its issuer")
        if self.performance is not None and "performance" not in self.require:
            raise ValueError("[performance] is given, but performance is not required")
        return self


def read_release_policy(data: bytes, where: str) -> ReleasePolicy:
    """Read a release policy; `where` names it in errors.

    Raises:
        InvalidInput: as `load_policy`.
    """
    hint = f"the layers are {', '.join(LAYERS)}"
    return load_policy(data, where, RELEASE_POLICY, ReleasePolicy, hint=hint)
