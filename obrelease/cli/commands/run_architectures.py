"""`obrelease run architectures`: compare ways to divide the work."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.commands.run_options import print_run
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.settings import configure_matplotlib
from obrelease.errors import UsageError

_COLUMNS: Final = (
    "architecture",
    "core",
    "throughput_median_msg_s",
    "against_first_permille",
    "handoff_ns_per_1000_messages",
    "latency_p50_ns",
    "latency_p99_ns",
    "busy_ns_per_message",
)


@command("architectures")
def architectures(
    session: Session,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="LIST", help="Seeds of the order flow, comma-separated.")
    ] = "1,2,3",
    passes: Annotated[int, typer.Option("--passes", metavar="N", help="Passes for each seed.")] = 3,
    messages: Annotated[
        int | None, typer.Option("--messages", metavar="N", help="Length of each flow. [default: 100,000]")
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Compare ways to divide the work.

    Throughput, hand-off cost, latency; all must share one digest.
    """
    numbers = _seeds(seeds)
    project = session.project(results=results)
    configure_matplotlib()
    report = api.run_architectures(
        seeds=numbers, passes=passes, messages=messages, project=project, reporter=session.out
    )
    print_run(session, report, columns=_COLUMNS)


def _seeds(text: str) -> list[int]:
    try:
        seeds = [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--seeds {text!r} is not a comma-separated list of whole numbers", hint="write --seeds 1,2,3"
        ) from None
    twice = next((seed for at, seed in enumerate(seeds) if seed in seeds[:at]), None)
    if twice is not None:
        raise UsageError(f"--seeds {text!r} names {twice} twice", hint="a flow counts once: name other seeds")
    return seeds
