"""The glossary defines every check of the engine's runs, and every count that a check can print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from obengine.audit.events import EVENT_FAULTS
from obengine.feeds.itch50_layout import NAMES
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.feeds.lobster_window import Cause
from obengine.feeds.order_conflicts import ConflictKind
from obengine.harness.architectures.comparison import run_architectures
from obengine.harness.bench import run_bench
from obengine.harness.counters import COUNTERS
from obengine.harness.outcome import INCONCLUSIVE, CheckResult
from obengine.harness.profiling import run_profile
from obengine.harness.replay import run_replay
from obengine.harness.replay_simulation import StrategyPlan
from obengine.harness.stress import run_stress
from obengine.risk.limits import BreachKind
from obengine.simulation.strategy import Strategy
from tests.program import ROOT
from tests.unit.engine.feeds.test_level_commands import Row, text_of

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8").partition("## Checks of the engine's runs")[2]
DEFINED = frozenset(re.findall(r"`([a-z][A-Za-z0-9-]*)`", GLOSSARY))
NAMED_BY_NUMBER = re.compile(r"(?<=-)\d+(?=-|$)")
HARNESS = ROOT / "engine" / "obengine" / "harness"


def undefined(names: Iterable[str]) -> set[str]:
    """The names that the glossary does not define; `limit-2-fills` is defined as `limit-N-fills`."""
    return {name for name in names if NAMED_BY_NUMBER.sub("N", name) not in DEFINED}


def words_of(checks: Iterable[CheckResult]) -> set[str]:
    """The names and counts of checks, but kinds of messages and of breaches, which are lists of their own."""
    counted = {count for check in checks for count in check.counts}
    messages = set(NAMES.values())
    return {count for count in counted if not count.startswith("breaches-")} - messages


def is_named(check: str) -> bool:
    """Whether a check is defined; one of many has the name of its variant at the end, `stability-x10`."""
    return any(check == word or check.startswith(f"{word}-") for word in DEFINED) or not undefined([check])


def literals(path: Path) -> set[str]:
    """The names of checks, and their counts, that a module writes out."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "CheckResult":
            given = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "counts")]
            for part in given:
                keys = part.keys if isinstance(part, ast.Dict) else [part]
                found |= {
                    key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
    return found


def test_every_check_that_the_harness_writes_out_is_defined() -> None:
    found = set().union(*(literals(path) for path in HARNESS.rglob("*.py")))
    assert {"touch-holds", "rows-held", "file-is-complete", "differences"} <= found
    assert not undefined(found)


@pytest.mark.parametrize(
    "names",
    [
        [str(cause.name).lower().replace("_", "-") for cause in Cause],
        list(ConflictKind),
        [fault.replace("_", "-") for fault in EVENT_FAULTS],
        list(BreachKind),
        list(COUNTERS),
        [INCONCLUSIVE],
    ],
)
def test_every_name_of_a_list_is_defined(names: list[str]) -> None:
    assert not undefined(map(str, names))


def test_every_count_of_a_run_is_defined(tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text('version = 1\n[[limit]]\nparticipant = "strategy"\nloss = 1\n')
    makers = tmp_path / "maker.toml"
    makers.write_text(
        'version = 1\n[[limit]]\nparticipant = "maker"\nopen_orders = 2\n'
        "[market_maker]\nhalf_spread_ticks = 300\nquote_lots = 20\n"
    )
    day = write_lobster_sample(tmp_path, rows=60)
    itch = write_itch50_sample(tmp_path / "day.itch", messages=100)
    feed = tmp_path / "levels.csv"
    rows: list[Row] = [(time, "A", time == 2, "bid", 999, 1) for time in range(3)]
    feed.write_text(text_of(rows))
    runs = [
        run_replay(day, core="reference", passes=1, risk=limits, strategy=StrategyPlan(Strategy)),
        run_replay(day, core="reference", passes=1, risk=makers),
        run_replay(itch, core="reference", passes=1),
        run_replay(feed, core="reference", passes=1),
        run_bench("baseline", core="reference", passes=1, messages=100),
        run_stress(arrivals="poisson", scales=[1], seed=1, core="reference", passes=1, rate=100_000).output,
        run_architectures([1], passes=1, messages=100).output,
        run_profile("baseline", seed=1, core="reference", profiler="cprofile", messages=100).output,
    ]
    checks = [check for run in runs for check in run.checks]
    checks += [each.check for run in runs[:2] for each in (run.simulation, run.risk) if each]
    assert not undefined(words_of(checks))
    assert not {check.name for check in checks if not is_named(check.name)}
