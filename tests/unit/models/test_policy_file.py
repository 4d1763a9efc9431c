"""The kind of a policy is checked before its keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.cli.app import execute
from obrelease.errors import ExitCode, InvalidInput
from obrelease.models.release_policy import read_release_policy

RELEASE = 'format = "obrelease.release-policy"\nversion = 1\nproject = "demo"\nrequire = ["sums"]\n'
GATE = 'format = "obrelease.gate-policy"\nversion = 1\n[[metric]]\nname = "*"\n'


def gate_reader(path: Path) -> object:
    return read_gate_policy(path)


def release_reader(path: Path) -> object:
    return read_release_policy(path.read_bytes(), str(path))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def test_each_reader_accepts_its_own_kind(policy: Path) -> None:
    policy.write_text(RELEASE)
    release_reader(policy)
    policy.write_text(GATE)
    gate_reader(policy)


@pytest.mark.parametrize(
    ("text", "reader", "said", "hint"),
    [
        (GATE, release_reader, "this is a gate policy, expected a release policy", "to `obrelease gate"),
        (RELEASE, gate_reader, "this is a release policy, expected a gate policy", "to `obrelease verify"),
        ("version = 1", release_reader, r"\$\.format: is missing", '"obrelease.release-policy"'),
        ("version = 1", gate_reader, r"\$\.format: is missing", '"obrelease.gate-policy"'),
        ('format = "obrelease.policy"', gate_reader, "'obrelease.policy' is not", "for `obrelease gate"),
        ("format = [1]", release_reader, r"\[1\] is not known", "a release policy for `obrelease verify"),
    ],
)  # fmt: skip
def test_the_other_kind_is_named_with_its_reader(
    policy: Path, text: str, reader: object, said: str, hint: str
) -> None:
    policy.write_text(text)
    assert callable(reader)
    with pytest.raises(InvalidInput, match=said) as caught:
        reader(policy)
    assert caught.value.message.startswith(f"{policy}: $.format: ")
    assert hint in (caught.value.hint or "")


def test_the_commands_report_the_wrong_kind(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text(GATE)
    assert execute(["verify", str(tmp_path), "--policy", str(policy)]) == ExitCode.INVALID_INPUT
    assert "expected a release policy" in capsys.readouterr().err
    policy.write_text(RELEASE)
    given = ["gate", "--policy", str(policy), "--release", "v1"]
    assert execute(given) == ExitCode.USAGE  # of a gate, 2 is every error: 1 and 3 are its answers
    assert "expected a gate policy" in capsys.readouterr().err
