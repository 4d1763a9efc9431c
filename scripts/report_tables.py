"""Writes the Markdown page of `make_report.sh`: our measurements next to those of the founding report.

Usage::

    python scripts/report_tables.py ANSWERS PAGE

ANSWERS is a folder with the JSON answers of the runs, PAGE the file to write.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from obrelease.analysis.notes.markdown import code, table

Answer = Mapping[str, Any]

REPORT_BENCH: Final = {"baseline": "13,100"}
REPORT_STRESS: Final = {"1": "21,100", "10": "21,700", "100": "22,500"}
REPORT_STRESS_LATENCY: Final = "28 to 30"
REPORT_ARCHITECTURES: Final = {"inline": "13,100", "queue": "7,400"}


def number(value: object) -> str:
    """A whole number with its thousands apart, or nothing."""
    return f"{int(str(value)):,}" if str(value).lstrip("-").isdecimal() else ""


def short(answer: Answer) -> str:
    """The start of a run's digest."""
    return code(answer["run"]["digest"][:12])


def bench_table(answers: Mapping[str, Answer], prefix: str) -> str:
    """Throughput and service time of the seeded scenarios whose answers have names of this prefix."""
    rows = []
    for name, answer in sorted(answers.items()):
        if not name.startswith(prefix):
            continue
        run, figures = answer["run"], answer["figures"]
        rows.append(
            (
                code(run["scenario"]),
                code(run["core"]),
                number(run["messages"]),
                REPORT_BENCH.get(run["scenario"], ""),
                number(figures["throughput_median_msg_s"]),
                number(figures["latency_p50_ns"]),
                number(figures["latency_p99_ns"]),
                short(answer),
            )
        )
    header = ("scenario", "core", "messages", "report, msg/s", "here, msg/s", "p50, ns", "p99, ns", "run")
    return table(header, rows, numeric=(2, 3, 4, 5, 6))


def stress_table(answers: Mapping[str, Answer]) -> str:
    """What the loop sustains at each scale, its service time, and the audit of its log."""
    rows = []
    for name, answer in sorted(answers.items()):
        if not name.startswith("stress-"):
            continue
        rows += [
            (
                f"x{row['scale']}",
                code(row["core"]),
                REPORT_STRESS.get(row["scale"], ""),
                number(row["sustained_median_msg_s"]),
                REPORT_STRESS_LATENCY,
                f"{int(row['service_mean_ns']) / 1000:,.1f}",
                number(row["response_p99_ns"]),
                row["orphan_cancels"],
                row["orphan_executes"],
                short(answer),
            )
            for row in answer["rows"]
        ]
    header = (
        "scale",
        "core",
        "report, msg/s",
        "here, msg/s",
        "report, mean µs",
        "here, mean µs",
        "response p99, ns",
        "orphan cancels",
        "orphan executes",
        "run",
    )
    return table(header, rows, numeric=(2, 3, 4, 5, 6, 7, 8))


def architectures_table(answer: Answer) -> str:
    """Throughput of each way to divide the work."""
    rows: Sequence[Sequence[str]] = [
        (
            code(row["architecture"]),
            code(row["core"]),
            REPORT_ARCHITECTURES.get(row["architecture"], ""),
            number(row["throughput_median_msg_s"]),
            f"{int(row['against_first_permille']) / 1000:,.2f}",
            number(row["handoff_ns_per_1000_messages"]),
            row["busy_ns_per_message"],
            number(row["bound_msg_s"]),
            "no" if row["unstable"] == "1" else "yes",
        )
        for row in answer["rows"]
    ]
    header = (
        "architecture",
        "core",
        "report, msg/s",
        "here, msg/s",
        "against inline",
        "hand-off, ns per 1,000 messages",
        "busy, ns per message",
        "bound of the busiest thread, msg/s",
        "stable",
    )
    return table(header, rows, numeric=(2, 3, 4, 5, 7))


def sweep_words(answers: Mapping[str, Answer]) -> list[str]:
    """Where the knee of the load sweep is, if one was made."""
    if "sweep" not in answers:
        return []
    answer = answers["sweep"]
    (knee,) = (each["median"] for each in answer["figures"]["measures"] if each["name"] == "knee")
    if not knee:
        return [f"With Hawkes arrivals no offered load stayed under the knee (run {short(answer)})."]
    return [f"With Hawkes arrivals the knee is at {number(knee)} msg/s offered (run {short(answer)})."]


def page(answers: Mapping[str, Answer]) -> str:
    """The whole page."""
    shared = answers["architectures"]
    failed = sorted(name for name, answer in answers.items() if answer["figures"]["checks_failed"])
    parts = [
        "# The founding report, measured again",
        "Each figure comes from the artefact whose digest is in its row. The report's figures are its "
        "own, from its own machine; its messages and its engine were not these, so only orders of "
        "magnitude compare. Throughput is the median over the passes.",
        "## Scenarios, seed 42",
        bench_table(answers, "bench-"),
        "## Market regimes, seed 42",
        "The five regimes of the field's open benchmark, written from their published description; by "
        "batches of 65,536, so these are not its figures, which are taken one message per call.",
        bench_table(answers, "regime-"),
        "## Stress, seed 2024",
        "Throughput is what the loop sustains with every message due at once, one message per call; response "
        "time is that of Poisson arrivals at half of it.",
        stress_table(answers),
        *sweep_words(answers),
        "## Architectures, seeds 1, 2 and 3",
        "The job is wire bytes in, digest of the events out: decode, match, digest. The bound is what the "
        "busiest thread of an architecture could do if it never waited; a stage that shares a processor "
        "with another is slower than alone. Unstable passes are marked: their machine was not quiet.",
        architectures_table(shared),
        f"All architectures gave the same events for each seed; for the first it is "
        f"{code(shared['run']['events_digest'])}. Run {short(shared)}.",
        "## Checks",
        f"Failed: {', '.join(failed)}." if failed else f"All checks of all {len(answers)} runs passed.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Read the answers, write the page."""
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    answers = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    target.write_text(page(answers), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
