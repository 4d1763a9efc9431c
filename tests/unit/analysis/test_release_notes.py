"""Release notes: every run is there once, in one order, and no payload gets out of its cell."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from obrelease.analysis.notes.release_notes import release_notes
from obrelease.analysis.summary.run_summary import HostFacts, MeasureSummary, RunSummary

HOST = HostFacts("Linux", "x86_64", "Example CPU @ 2.10GHz", 2, "CPython 3.11.2")
RUN = RunSummary(
    kind="bench",
    scenario="x100",
    core="reference",
    artefact_digest="ab" * 32,
    command=("obrelease", "run", "bench", "--scenario", "x100", "--seed", "42"),
    host=HOST,
    messages=200_000,
    passes=5,
    throughput_msg_s=612_345,
    p50_ns=1_234,
    p99_ns=5_678,
    p999_ns=91_011,
    latency_clock="service",
    events_digest="cd" * 32,
    commit="ef" * 20,
    dirty=False,
    checks_passed=("passes-agree",),
)
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "x\\| y",
    "`break` ``out``",
    "</code><b>bold</b>",
    "[click](javascript:alert(1))",
    "![pixel](//evil.example/p.png)",
    "@everyone #1 https://evil.example www.evil.example",
    "line\n# heading\n| new | row |",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "**bold** _it_ ~~s~~",
    "&lt;b&gt;",
    "```\n<b>out of the fence</b>",
    "````sh\n```",
]


def rendered(markdown: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown))


def test_each_number_stands_beside_its_digests_and_its_command() -> None:
    notes = release_notes("obrelease", "v0.9-beta", "ef" * 20, [RUN])
    row = next(line for line in notes.splitlines() if line.startswith("| `x100`"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        "`x100`",
        "`reference`",
        "H1",
        "200,000",
        "612,345",
        "1,234",
        "5,678",
        "91,011",
        f"`{'cd' * 6}`",
        f"`{'ef' * 6}`",
        f"`{'ab' * 6}`",
    ]
    assert "obrelease run bench --scenario x100 --seed 42" in notes
    assert "obrelease verify v0.9-beta" in notes
    assert "`service` times" in notes
    assert "proved `passes-agree`" in notes


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({}, f"`{'ef' * 6}`"),
        ({"commit": None, "dirty": None}, "unknown"),
        ({"dirty": True}, f"`{'ef' * 6}` (dirty)"),
        ({"commit": "aa" * 20}, f"`{'aa' * 6}` (not the release's)"),
    ],
)
def test_the_commit_of_each_run_is_told_and_marked(changes: dict[str, Any], cell: str) -> None:
    notes = release_notes("p", "v1", "ef" * 20, [replace(RUN, **changes)])
    row = next(line for line in notes.splitlines() if line.startswith("| `x100`"))
    assert row.split(" | ")[-2] == cell


def test_the_order_of_the_runs_does_not_matter() -> None:
    runs = [
        replace(RUN, scenario=name, kind=kind) for kind in ("bench", "replay") for name in ("x10", "x100")
    ]
    assert release_notes("p", "v1", "c", runs) == release_notes("p", "v1", "c", runs[::-1])
    assert release_notes("p", "v1", "c", runs).count("## Replay") == 1


def test_what_latency_and_throughput_each_time_is_said_where_it_holds() -> None:
    assert "one call per message" in release_notes("p", "v1", "c", [RUN])
    assert "one call per message" not in release_notes("p", "v1", "c", [replace(RUN, kind="imported")])
    assert "one call per message" not in release_notes("p", "v1", "c", [replace(RUN, latency_clock=None)])


def test_machines_are_told_apart() -> None:
    other = replace(RUN, scenario="x10", host=replace(HOST, cpu_count=64))
    notes = release_notes("p", "v1", "c", [RUN, other])
    assert "| H1 |" in notes
    assert "| H2 |" in notes


def test_what_is_wrong_with_a_run_is_said() -> None:
    run = replace(RUN, dirty=True, checks_failed=("touch-holds",), source=("day.csv", "12" * 32))
    notes = release_notes("p", "v1", "c", [run])
    assert "**failed to prove** `touch-holds`" in notes
    assert "uncommitted changes" in notes
    assert f"replays `day.csv`, sha256 `{'12' * 32}`" in notes


def test_what_other_tools_measured_has_a_table_of_its_own() -> None:
    measures = (MeasureSummary("sort", "ns", 5, 1234), MeasureSummary("ratio", "%", 3, 12.5))
    notes = release_notes("p", "v1", "c", [replace(RUN, kind="imported", measures=measures)])
    assert f"| `x100` | `sort` | `ns` | 5 | 1,234 | `{'ab' * 6}` |" in notes
    assert f"| `x100` | `ratio` | `%` | 3 | 12.5 | `{'ab' * 6}` |" in notes


def test_an_attached_plot_is_named_beside_its_run() -> None:
    notes = release_notes("p", "v1", "c", [RUN], plots={RUN.artefact_digest: "bench-x100-ab.svg"})
    assert f"* `{'ab' * 6}` is drawn in `bench-x100-ab.svg`, attached." in notes


def test_the_commands_start_from_the_tag() -> None:
    notes = release_notes("p", "v1", "c", [RUN])
    assert notes.index("git switch --detach v1") < notes.index("obrelease run bench --scenario x100")


def test_a_release_without_runs_says_so() -> None:
    notes = release_notes("p", "v1", "c", [])
    assert "0 runs" in notes
    assert "## Where" not in notes


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_stay_text(payload: str) -> None:
    plain, hostile = (
        replace(
            RUN,
            scenario=text,
            core=text,
            command=("obrelease", text),
            host=replace(HOST, cpu_model=text, python=text),
            source=(text, "12" * 32),
            checks_failed=(text,),
            measures=(MeasureSummary(text, text, 1, 1),),
        )
        for text in ("plain", payload)
    )
    want, got = (rendered(release_notes("p", "v1", "c", [run])) for run in (plain, hostile))
    tags = re.compile(r"<(/?[a-z][a-z0-9]*)")
    assert tags.findall(got) == tags.findall(want)
    visible = html.unescape(re.sub(r"<[^>]*>", "", got))
    assert "\x1b" not in visible
    assert "\u202e" not in visible
    for word in re.findall(r"[a-z]{3,}", payload):
        assert word in visible


def test_mentions_and_addresses_stand_in_code_alone() -> None:
    run = replace(RUN, scenario="@everyone https://evil.example")
    got = rendered(release_notes("p", "v1", "c", [run]))
    outside = re.sub(r"<code[^>]*>.*?</code>", "", got, flags=re.DOTALL)
    assert "everyone" not in outside
    assert "evil.example" not in outside
