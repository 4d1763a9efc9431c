"""The bytes of seeded flow, tapes and the sample day: equal on every machine and NumPy version.

If one of these changes on purpose, raise the version of the profile, scenario or format with it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from obengine.api.messages import records_digest
from obengine.feeds.lobster import read_lobster
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.feeds.tape import tape_digest, write_tape
from obengine.harness.scenario import DEFAULT_SEED, SCENARIOS

COMMANDS = {
    "baseline": (1, "1f688f60b62784f192324c911d2ec4ad54317bd8848f8f77a42886bcb8a68d6a"),
    "x10": (1, "14e2538085ddb13e3072ef45ea7646f10a04c0d09c0698fbf30dbcd0676916f5"),
    "x100": (1, "e96c12c56eb796d64920282742719d98bf71149c542bdf00b1ac707885c7abd0"),
    "x1000": (1, "d0a08eab3c37baef90345ae5c3f3450641650adb9c9c5038428a36a6eb3a0a51"),
}
"""Commands digest of each scenario at seed 42, with its version."""

TAPE = "66b9387e12354766e8ba997f66bb8c95c4c31c6413d627ed2643404ad2fe7468"
SAMPLE_MESSAGES = "65b5f08fe79017b5fd35cb738750a576906dbf8bde8164cfe51894f7aab4cc5f"
SAMPLE_ORDERBOOK = "2bc60221ec4763429434953fceede2ae0827c57fbc3c5a020b570c07061e72b1"
SAMPLE_COMMANDS = "5cca7b2c5febd24a4af2b471cb4440786691cee95bd9abe8e1858e31c2fcbda4"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_commands_of_the_steady_scenarios(name: str) -> None:
    plan = SCENARIOS[name]
    version, digest = COMMANDS[name]
    assert plan.version == version
    assert records_digest(plan.commands(DEFAULT_SEED, plan.messages)[0]) == digest


def test_tape_of_the_baseline(tmp_path: Path) -> None:
    plan = SCENARIOS["baseline"]
    commands = plan.commands(DEFAULT_SEED, plan.messages)[0]
    assert write_tape(tmp_path / "baseline.obtape", commands) == COMMANDS["baseline"][1]
    assert sha256(tmp_path / "baseline.obtape") == tape_digest(commands) == TAPE


def test_sample_day_and_its_commands(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path)
    assert sha256(path) == SAMPLE_MESSAGES
    assert sha256(path.with_name(path.name.replace("message", "orderbook"))) == SAMPLE_ORDERBOOK
    assert records_digest(read_lobster(path).commands) == SAMPLE_COMMANDS
