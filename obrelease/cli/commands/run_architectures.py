"""`obrelease run architectures`: one job, divided in every way that the engine knows."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease.cli.commands.run_options import producer_of, report
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.settings import settle_matplotlib
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
        str, typer.Option("--seeds", metavar="LIST", help="Seeds of the order flow, with commas between.")
    ] = "1,2,3",
    passes: Annotated[int, typer.Option("--passes", metavar="N", help="Passes for each seed.")] = 3,
    messages: Annotated[
        int | None, typer.Option("--messages", metavar="N", help="Of each flow. Default: 100,000.")
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Compare ways to divide the work.

    Throughput, hand-off cost, latency; all must share one digest.
    """
    wanted = _seeds(seeds)
    settings = session.settings(results=results)
    settle_matplotlib()
    from obrelease.recorder.architectures import (
        DEFAULT_MESSAGES,
        SUMMARY_FILE,
        architectures_work,
        record_architectures,
    )

    length = DEFAULT_MESSAGES if messages is None else messages
    registry = registry_of(settings, must_exist=False)
    total = architectures_work(wanted, passes=passes, messages=length)
    with session.out.progress("architectures", total) as advance:
        entry = record_architectures(
            registry,
            seeds=wanted,
            passes=passes,
            messages=length,
            created_ns=now_ns(),
            producer=producer_of(session, settings),
            progress=advance,
        )
    report(session, registry, entry, rows_file=SUMMARY_FILE, columns=_COLUMNS)


def _seeds(text: str) -> list[int]:
    try:
        seeds = [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--seeds {text!r} is not whole numbers with commas between", hint="write --seeds 1,2,3"
        ) from None
    twice = next((seed for at, seed in enumerate(seeds) if seed in seeds[:at]), None)
    if twice is not None:
        raise UsageError(f"--seeds {text!r} names {twice} twice", hint="a flow counts once: name other seeds")
    return seeds
