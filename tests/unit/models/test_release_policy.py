"""The policy file: closed, versioned, and refused where it could not be kept."""

from __future__ import annotations

import pytest

from obrelease.errors import InvalidInput
from obrelease.models.policy_file import MAX_POLICY_BYTES
from obrelease.models.release_policy import LAYERS, read_release_policy

HEAD = 'format = "obrelease.release-policy"\nversion = 1\nproject = "demo"\n'
ISSUER = 'issuer = "https://token.actions.githubusercontent.com"'
WORKFLOW = "https://github.com/octocat/demo/.github/workflows/release.yml"
SIGSTORE = f'[[sigstore]]\nidentity = "{WORKFLOW}@refs/tags/{{tag}}"\n{ISSUER}\n'
SIGNERS = 'allowed_signers = "a ssh-ed25519 AAAA"\n'


def test_every_layer_can_be_required() -> None:
    names = ", ".join(f'"{name}"' for name in LAYERS)
    text = f'{HEAD}require = [{names}]\n{SIGNERS}repository = "o/n"\nnot_older_than = "v0.9-beta"\n'
    text += f'signers = ["a"]\n{SIGSTORE}'
    policy = read_release_policy(text.encode(), "p")
    assert policy.require == LAYERS
    assert (policy.not_older_than, policy.signers, policy.repository) == ("v0.9-beta", ("a",), "o/n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "format"),
        ("x = ", "not valid TOML"),
        (HEAD, "require"),
        (f"{HEAD}require = []\n", "require"),
        (f'{HEAD}require = "sums"\n', "require"),
        (f'{HEAD}require = ["sums", "sums"]\n', "twice"),
        (f'{HEAD}require = ["sum"]\n', "require"),
        (f'{HEAD}require = ["sums"]\nother = 1\n', "other"),
        (f'{HEAD}require = ["provenance"]\n', "allowed_signers is missing"),
        (f'{HEAD}require = ["sums"]\nsigners = ["a"]\n', "allowed_signers is missing"),
        (f'{HEAD}require = ["attestation"]\n', "repository is missing"),
        (f'{HEAD}require = ["sums"]\n{SIGNERS}allowed_signers_file = "x"\n', "exclude each other"),
        (f'{HEAD}require = ["sums"]\nnot_older_than = "newest"\n', "not_older_than"),
        (f'{HEAD}require = ["sums"]\nnot_older_than = 2020-01-01\n', "not_older_than"),
        (f'{HEAD}require = ["sums"]\nrepository = "--help/x"\n', "repository"),
        (f'{HEAD}require = ["sums"]\nsigner_workflow = "-x"\n', "signer_workflow"),
        (HEAD.replace("version = 1", "version = 2") + 'require = ["sums"]\n', "version 2"),
        (HEAD.replace("version = 1", 'version = "1"') + 'require = ["sums"]\n', "version '1'"),
        (HEAD.replace("demo", "../x") + 'require = ["sums"]\n', "project"),
        (f'{HEAD}require = ["sums"]\n#{"x" * MAX_POLICY_BYTES}\n', "larger than"),
        (f"x = {'[' * 100_000}", "not valid TOML"),
        (f'{HEAD}require = ["sigstore"]\n', r"no \[\[sigstore\]\] names an identity"),
        (f'{HEAD}require = ["sums"]\n[[sigstore]]\n{ISSUER}\n', "identity"),
        (f'{HEAD}require = ["sums"]\n[[sigstore]]\nidentity = "a@b.test"\n', "issuer"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE}regexp = ".*"\n', "regexp"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE}source_repository = "octocat/demo"\n', "source_repository"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("https://token", "http://token")}', "issuer"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("{tag}", "*")}', "identity"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("{tag}", "{ref}")}', "identity"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("@refs/tags/{tag}", "@{tag}")}', "identity"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("octocat", "{tag}")}', "identity"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE.replace("{tag}", "{tag}x")}', "identity"),
        (f'{HEAD}require = ["sums"]\n{SIGSTORE * 33}', "sigstore"),
    ],
)
def test_contradictory_policies_are_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_release_policy(text.encode(), "policy.toml")


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(InvalidInput, match="not valid TOML"):
        read_release_policy(b"\xff\xfe", "policy.toml")
