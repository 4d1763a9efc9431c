"""A verification policy: a TOML file that says what a release must prove before it is trusted.

Format history:

1. First version.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, StringConstraints, ValidationError, model_validator

from obrelease.errors import InvalidInput
from obrelease.models.base import Document, Slug
from obrelease.models.canonical import canonical_bytes
from obrelease.models.policy_file import RELEASE_POLICY, parse_policy, require_policy_format
from obrelease.models.validation import validation_messages
from obrelease.models.version_tag import TagText

POLICY_VERSION: Final = 1
MAX_BYTES: Final = 2**20

LayerName = Literal[
    "sums",
    "manifest",
    "bundle",
    "members",
    "runs",
    "forge",
    "tag",
    "tag-signature",
    "sums-signature",
    "provenance",
    "attestation",
]
LAYERS: Final[tuple[LayerName, ...]] = get_args(LayerName)
"""Every layer in the order in which they are told."""

SIGNED_LAYERS: Final = frozenset({"tag-signature", "sums-signature", "provenance"})

Principal = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]


class VerificationPolicy(Document):
    """What a release must prove.

    Attributes:
        project: the one project that the policy is for.
        require: the layers that must have been checked; one that could not be checked fails.
        allowed_signers: whose signatures count, in the format of `ssh-keygen`'s ALLOWED SIGNERS.
        allowed_signers_file: the same as a file, relative to the policy.
        signers: those of its principals that count; all where empty.
        not_older_than: the lowest tag that is accepted, against being handed an old release.
        repository: `owner/name` on GitHub, whose workflow attested the files.
        signer_workflow: the workflow that must have attested them, as `gh` takes it.
    """

    format: Literal["obrelease.release-policy"]
    version: Literal[1]
    project: Slug
    require: Annotated[tuple[LayerName, ...], Field(min_length=1)]
    allowed_signers: Annotated[str, Field(max_length=MAX_BYTES)] | None = None
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

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if len(set(self.require)) != len(self.require):
            raise ValueError("require names a layer twice")
        given = (self.allowed_signers is not None) + (self.allowed_signers_file is not None)
        if given > 1:
            raise ValueError("allowed_signers and allowed_signers_file exclude each other")
        signed = sorted(SIGNED_LAYERS & set(self.require))
        if given == 0 and (signed or self.signers):
            what = f"{signed[0]} is required" if signed else "signers are named"
            raise ValueError(f"{what}, and there are no allowed_signers")
        if "attestation" in self.require and self.repository is None:
            raise ValueError("attestation is required, and there is no repository")
        return self


def read_verification_policy(data: bytes, where: str) -> VerificationPolicy:
    """Read a policy.

    Raises:
        InvalidInput: it is not TOML, not a release policy of a known version, or says something that is
            not known.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"{where}: larger than {MAX_BYTES} bytes")
    value = parse_policy(data, where)
    require_policy_format(value, where, RELEASE_POLICY)
    if value.get("version") != POLICY_VERSION:
        raise InvalidInput(
            f"{where}: version {value.get('version')!a} of the policy format is not known",
            hint=f"this obrelease reads version {POLICY_VERSION}",
        )
    try:
        return VerificationPolicy.model_validate_json(canonical_bytes(value))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error.message}") from error
    except ValidationError as error:
        raise InvalidInput(
            f"{where}: {validation_messages(error)[0]}", hint=f"layers are: {', '.join(LAYERS)}"
        ) from error
