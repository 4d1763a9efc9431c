"""The named workloads: which flow profile, how many messages, and the version of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from obengine.api.errors import WorkloadError
from obengine.api.messages import Commands
from obengine.api.prng import MAX_SEED
from obengine.flow.baseline import STEADY, Flow, FlowProfile, generate
from obengine.flow.market import REGIMES, MarketProfile, generate_market

DEFAULT_SEED: Final = 42
MAX_MESSAGES: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named workload; `version` is incremented when the same seed would give different commands.

    `messages` is the default length; a run may use another. `about` is a one-line description.
    """

    name: str
    version: int
    messages: int
    profile: FlowProfile | MarketProfile
    about: str

    def commands(self, seed: int, messages: int) -> tuple[Commands, Flow | None]:
        """The commands, and the flow with the results of its own model if the generator has one."""
        if isinstance(self.profile, MarketProfile):
            return generate_market(self.profile, seed, messages), None
        flow = generate(self.profile, seed, messages)
        return flow.commands, flow


def _about(regime: MarketProfile) -> str:
    if not regime.swing_permille:
        return "a market with a constant mid: deep book, 95 % cancelled"
    return f"the same market with a mid that swings by {regime.swing_permille / 10:g} % (one sigma)"


SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario("baseline", 1, 2_000, STEADY, "steady flow: half adds, two in five cancels"),
            Scenario("x10", 1, 20_000, STEADY, "the same, ten times as long"),
            Scenario("x100", 1, 200_000, STEADY, "the same, a hundred times as long"),
            Scenario("x1000", 1, 2_000_000, STEADY, "the same, a thousand times as long"),
            Scenario("x10000", 1, 20_000_000, STEADY, "the same, ten thousand times as long"),
            *(Scenario(regime.name, 1, 2_000_000, regime, _about(regime)) for regime in REGIMES),
        )
    }
)


def scenario_named(name: str) -> Scenario:
    """The scenario of this name.

    Raises:
        WorkloadError: unknown scenario; the message lists the known ones.
    """
    found = SCENARIOS.get(name)
    if found is None:
        raise WorkloadError(f"unknown scenario {name!r}; known: {', '.join(SCENARIOS)}")
    return found


def check_numbers(*, seed: int, passes: int, messages: int) -> None:
    """Validate the numbers of a run before anything is generated.

    Raises:
        WorkloadError: a number is out of range.
    """
    if not 0 <= seed <= MAX_SEED:
        raise WorkloadError(f"a seed is an integer from 0 to 2^64 - 1, not {seed}")
    if not 1 <= passes <= 10_000:
        raise WorkloadError(f"a run has 1 to 10,000 passes, not {passes}")
    if not 1 <= messages <= MAX_MESSAGES:
        raise WorkloadError(f"a run has 1 to {MAX_MESSAGES:,} messages, not {messages}")
