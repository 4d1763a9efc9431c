"""Architectures: one digest from all, merged shards in order, and a run that fails where one differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from obengine.api.errors import DigestMismatch, WorkloadError
from obengine.api.messages import Commands, Events, records_digest
from obengine.cores import make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness.architectures import comparison, runners
from obengine.harness.architectures.comparison import (
    SYMBOLS,
    architecture_names,
    architectures_work,
    run_architectures,
    spread,
)
from obengine.harness.architectures.runners import ARCHITECTURES, ArchitecturePass
from obengine.harness.architectures.shard_merge import merge, starts_command
from obengine.harness.architectures.wire import decode, to_wire
from obengine.harness.clock import now_ns

COMMANDS = spread(generate(STEADY, 4, 6_000).commands)
EVENTS = make_book("reference", SYMBOLS).apply(COMMANDS)


@pytest.mark.parametrize("name", architecture_names())
def test_every_architecture_gives_the_digest_of_one_batch(name: str) -> None:
    ran = ARCHITECTURES[name].run(to_wire(COMMANDS), SYMBOLS, now_ns)
    assert (ran.events, ran.events_digest) == (EVENTS.size, records_digest(EVENTS))
    assert ran.latency_ns.size == COMMANDS.size
    assert ran.latency_ns.min() > 0
    assert ran.wall_ns > 0
    assert all(busy_ns >= 0 for busy_ns in ran.busy_ns.values())


def test_the_wire_is_big_endian_and_comes_back() -> None:
    wire = to_wire(COMMANDS)
    assert np.array_equal(decode(wire), COMMANDS)
    assert wire[:1].tobytes()[16:24] == int(COMMANDS["order_id"][0]).to_bytes(8, "big")


def test_every_command_is_found_in_the_events() -> None:
    firsts = np.flatnonzero(starts_command(EVENTS))
    book = make_book("reference", SYMBOLS)
    sizes = [book.apply(COMMANDS[at : at + 1]).size for at in range(COMMANDS.size)]
    assert firsts.tolist() == [0, *np.cumsum(sizes)[:-1].tolist()]


def test_shards_of_other_commands_are_refused() -> None:
    rows = [np.arange(COMMANDS.size - 1)]
    with pytest.raises(ValueError, match="do not belong"):
        merge(rows, [EVENTS])


def test_a_run_names_every_seed_and_architecture() -> None:
    done: list[int] = []
    outcome = run_architectures((1, 2, 1), passes=2, messages=1_000, progress=done.append)
    assert outcome.seeds == (1, 2)
    assert [run.name for run in outcome.runs] == list(architecture_names())
    assert [check.name for check in outcome.output.checks] == [
        "one-digest-seed-1",
        "one-digest-seed-2",
        *(f"stability-{name}" for name in architecture_names()),
    ]
    for check in outcome.output.checks[2:]:
        assert (check.counts["passes"], check.counts["unstable"]) == (2, 1)
    assert all(len(run.wall_ns) == 4 and run.latency_ns.size == 2_000 for run in outcome.runs)
    handed_on = {run.name for run in outcome.runs if run.handoff_ns is not None}
    assert handed_on == set(architecture_names()) - {"inline", "native-inline", "native-batched"}
    assert sum(done) == architectures_work((1, 2), passes=2, messages=1_000)


def test_the_busiest_thread_bounds_an_architecture() -> None:
    busy = {"decode": 5, "match": 30, "digest": 20}
    bounds = {name: each.bottleneck_ns(busy) for name, each in ARCHITECTURES.items()}
    assert bounds["native-batched"] == 55
    assert bounds["queue"] == 50
    assert bounds["native-pipeline"] == 35
    assert bounds["pipeline"] == 30
    assert ARCHITECTURES["sharded"].bottleneck_ns({**busy, "merge": 1}) is None


def test_an_architecture_that_differs_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*words: Any) -> ArchitecturePass:
        return replace(ARCHITECTURES["inline"].run(*words), events_digest="0" * 64)

    broken = {**ARCHITECTURES, "queue": replace(ARCHITECTURES["queue"], run=wrong)}
    monkeypatch.setattr(comparison, "ARCHITECTURES", MappingProxyType(broken))
    with pytest.raises(DigestMismatch, match="queue gave other events than inline for seed 3"):
        run_architectures((3,), passes=1, messages=200)


class Broken:
    """A book that fails in the middle of a stream."""

    def __init__(self) -> None:
        self.calls = 0

    def apply(self, commands: Commands) -> Events:
        self.calls += 1
        if self.calls == 2:
            raise MemoryError("no more room")
        return EVENTS[:1]


@pytest.mark.parametrize("name", ["queue", "pipeline"])
def test_a_stage_that_fails_ends_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "make_book", lambda core, symbols: Broken())
    with pytest.raises(MemoryError, match="no more room"):
        ARCHITECTURES[name].run(to_wire(np.tile(COMMANDS, 12)), SYMBOLS, now_ns)


@pytest.mark.parametrize("name", ["queue", "pipeline"])
def test_a_decoder_that_fails_ends_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Commands:
        raise ValueError("not a record")

    monkeypatch.setattr(runners, "decode", refuse)
    monkeypatch.setattr(runners, "_decode_one", refuse)
    with pytest.raises(ValueError, match="not a record"):
        ARCHITECTURES[name].run(to_wire(COMMANDS), SYMBOLS, now_ns)


@pytest.mark.parametrize(
    ("seeds", "passes", "messages"),
    [((), 1, 10), ((-1,), 1, 10), ((2**64,), 1, 10), ((1,), 0, 10), ((1,), 1, 0), ((1,), 1, 10**8)],
)
def test_invalid_runs_are_rejected(seeds: Sequence[int], passes: int, messages: int) -> None:
    with pytest.raises(WorkloadError):
        run_architectures(seeds, passes=passes, messages=messages)
