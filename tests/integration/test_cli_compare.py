"""`diff`, `gate` and `import` as people call them: words, JSON, pictures and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import encode
from obrelease.api import comparison_sides
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.artefact import own_series
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref, measured
from tests.tool_files import google_file, google_row

DATA = Path(__file__).resolve().parents[1] / "data" / "imports"
POLICY = 'format = "obrelease.gate-policy"\nversion = 1\nresamples = 500\n[[metric]]\nname = "throughput"\n'


def record(registry: Registry, number: int, *, slower: float = 1.0, **changes: Any) -> str:
    """One run of a commit whose name its slowness decides; its noise is its number's."""
    noise = 1 + 0.0001 * number
    walls = tuple(int(2_000_000 * slower * noise * part) for part in (0.999, 1.0, 1.001))
    hlog = encode((np.arange(20_000, dtype=np.int64) + 5_000) * int(100 * slower * noise)).hlog
    reference = histogram_ref().model_copy(update={"count": 20_000})
    changes.setdefault(
        "outcome", draft().outcome.model_copy(update={"counts": {"accepted": 2_490, "traded": 10}})
    )
    commit = ("ab" if slower == 1.0 else "cd") * 20
    artefact = draft(
        number,
        metrics=(own_series("pass-wall", "ns", walls),),
        histograms=(reference,),
        workload=draft().workload,
        producer=draft().producer.model_copy(update={"commit": commit}),
        **changes,
    )
    return registry.record(measured(artefact), [NewFile("latency.hlog", "text/plain", hlog)]).digest


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Six runs of commit abab… and six of cdcd…, a tenth slower, in turn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    for name in ("OBRELEASE_RESULTS", "OBRELEASE_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    registry = Registry(tmp_path / "results")
    for number in range(6):
        record(registry, 2 * number)
        record(registry, 2 * number + 1, slower=1.1)
    return registry


def diff(*words: str) -> int:
    return execute(["diff", *words])


def gate(*words: str) -> int:
    return execute(["gate", "--policy", "policy.toml", *words])


@pytest.mark.usefixtures("registry")
def test_text_has_a_line_a_metric_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("commit=abab", "commit=cdcd") == ExitCode.OK
    out = capsys.readouterr().out
    assert out.startswith("base  6 runs, commit ababababa: ")
    line = next(line for line in out.splitlines() if line.startswith("throughput"))
    assert "0.909" in line
    assert line.endswith("worse: significant and large enough")
    assert "p99.9 " in out
    assert "5 rows tested together, all divisions of the runs; level 5 %" in out


@pytest.mark.usefixtures("registry")
def test_the_columns_are_explained_below_the_table_and_in_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert diff("commit=abab", "commit=cdcd") == ExitCode.OK
    assert capsys.readouterr().out.endswith("`obrelease diff --help` explains the columns\n")
    assert diff("commit=abab", "commit=cdcd", "-v") == ExitCode.OK
    footer = capsys.readouterr().out.rpartition("\n\n")[2]
    assert diff("--help") == ExitCode.OK
    for text in (footer, capsys.readouterr().out):
        output = " ".join(text.split()).replace("`", "")
        for words in ("geometric mean", "Welch's t", "P ADJUSTED", "DETECTABLE", "A/A", "four times in five"):
            assert words in output
        assert output.count("- if ") == output.count("- with a single") == 1


@pytest.mark.usefixtures("registry")
def test_json_is_the_same_every_time_and_carries_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for _ in range(2):
        assert diff("commit=abab core=reference", "commit=cdcd", "--json") == ExitCode.OK
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    answer = json.loads(answers[0])
    assert sorted(answer) == [
        "base",
        "coverage",
        "group_means",
        "head",
        "metrics",
        "notes",
        "observations",
        "rules",
        "shift",
        "unlike",
    ]
    assert answer["rules"]["seed"] == 1
    assert {metric["verdict"] for metric in answer["metrics"][:4]} == {"worse"}
    assert len(answer["base"]["runs"]) == 6


def test_runs_may_be_named_one_by_one(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (entry.digest[:10] for entry in registry.find()[:3])
    assert diff(first, f"{second},{third}", "--json") == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert [len(answer[side]["runs"]) for side in ("base", "head")] == [1, 2]
    assert {metric["verdict"] for metric in answer["metrics"]} == {"cannot tell"}


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("name", "magic"), [("o.svg", b"<?xml"), ("o.png", b"\x89PNG"), ("o.pdf", b"%PDF")])
def test_plot_writes_a_picture(name: str, magic: bytes, tmp_path: Path) -> None:
    assert diff("commit=abab", "commit=cdcd", "--plot", str(tmp_path / name)) == ExitCode.OK
    first = (tmp_path / name).read_bytes()
    assert first.startswith(magic)
    assert diff("commit=abab", "commit=cdcd", "--plot", str(tmp_path / name)) == ExitCode.OK
    assert (tmp_path / name).read_bytes() == first


def test_unlike_runs_are_refused_by_name_and_compared_by_force(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = {**draft().parameters, "core": "native"}
    for number in range(20, 24):
        record(registry, number, parameters=parameters)
    assert diff("core=reference commit=abab", "core=native") == ExitCode.INCONCLUSIVE
    assert "parameters.core: reference against native" in capsys.readouterr().err
    assert diff("core=reference commit=abab", "core=native", "--force") == ExitCode.OK
    assert "NOT ALIKE, compared by force: parameters.core" in capsys.readouterr().out


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["commit=abab", "commit=ffff"], ExitCode.NOT_FOUND, "commit=ffff"),
        (["commit=abab", "color=red"], ExitCode.USAGE, "color=red"),
        (["commit=abab", "commit="], ExitCode.USAGE, "commit="),
        (["commit=abab", "kind=bench kind=bench"], ExitCode.USAGE, "given twice"),
        (["commit=abab", "commit=abab"], ExitCode.USAGE, "on both sides"),
        (["commit=abab", "commit=cdcd", "--plot", "o.gif"], ExitCode.USAGE, ".svg, .png, .pdf"),
        (["commit=abab", "commit=cdcd", "--plot", "none/o.svg"], ExitCode.STORAGE, "none/o.svg"),
        (["nothex", "commit=cdcd"], ExitCode.NOT_FOUND, "nothex"),
    ],
)
def test_refused_comparisons_give_the_reason(
    words: list[str], code: ExitCode, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*words) == code
    assert message in capsys.readouterr().err


def test_a_damaged_histogram_stops_the_comparison(registry: Registry) -> None:
    path = registry.find()[0].folder / "latency.hlog"
    path.write_bytes(path.read_bytes() + b"\n")
    assert diff("commit=abab", "commit=cdcd") == ExitCode.INTEGRITY
    assert gate("--base", "commit=abab", "--head", "commit=cdcd") == ExitCode.USAGE


@pytest.mark.usefixtures("registry")
def test_the_gates_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("--base", "commit=cdcd", "--head", "commit=abab") == ExitCode.OK
    assert capsys.readouterr().out.rstrip().endswith("gate: ok")
    assert gate("--base", "commit=abab", "--head", "commit=cdcd", "--json") == ExitCode.CHECK_FAILED
    answer = json.loads(capsys.readouterr().out)
    assert answer["gate"]["answer"] == "regression"
    assert [metric["name"] for metric in answer["comparison"]["metrics"]] == ["throughput"]


def test_too_few_or_unlike_runs_are_inconclusive(registry: Registry) -> None:
    first, second = (entry.digest for entry in registry.find()[:2])
    assert gate("--base", first, "--head", second) == ExitCode.INCONCLUSIVE
    record(registry, 30, scenario="other")
    assert gate("--base", "commit=cdcd", "--head", "commit=abab") == ExitCode.INCONCLUSIVE


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    "words",
    [
        ["--base", "commit=ffff", "--head", "commit=abab"],
        ["--base", "commit=abab"],
        ["--base", "commit=abab", "--head", "commit=cdcd", "--policy", "none.toml"],
        ["--base", "commit=abab", "--head", "commit=cdcd", "--policy", "results"],
        ["--base", "commit=abab", "--head", "commit=cdcd", "--plot", "none/o.svg"],
    ],
)
def test_every_error_of_the_gate_exits_with_2(words: list[str]) -> None:
    assert gate(*words) == 2


@pytest.mark.usefixtures("registry")
def test_a_crash_is_not_reported_as_a_regression(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(comparison_sides, "select_runs", crash)
    assert gate("--base", "commit=abab", "--head", "commit=cdcd") == 2
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err


def test_files_of_other_tools_join_the_registry_and_compare(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for format_, name in (
        ("google-benchmark", "google_benchmark.json"),
        ("pytest-benchmark", "pytest_benchmark.json"),
        ("hyperfine", "hyperfine.json"),
        ("hlog", "hdr_histogram_js.hlog"),
    ):
        assert execute(["import", str(DATA / name), "--json"]) == ExitCode.OK
        (made,) = json.loads(capsys.readouterr().out)["runs"]
        assert (made["run"]["kind"], made["format"], made["recorded"]) == ("imported", format_, True)
    slower = json.loads((DATA / "hyperfine.json").read_bytes())
    slower["results"][0]["times"] = [2 * sample for sample in slower["results"][0]["times"]]
    (tmp_path / "slower.json").write_text(json.dumps(slower))
    assert execute(["import", "slower.json", "--quiet"]) == ExitCode.OK
    second, first = (e.digest for e in registry.find(Filter(kind="imported", scenario="hyperfine")))
    capsys.readouterr()
    assert diff(first, second) == ExitCode.INCONCLUSIVE
    output = capsys.readouterr().err
    assert "host.system: unknown against unknown" in output
    assert "--same-host" in output
    assert diff(first, second, "--force") == ExitCode.OK
    assert "NOT ALIKE, compared by force: host.cpu_count: unknown" in capsys.readouterr().out
    assert diff(first, second, "--same-host") == ExitCode.OK
    assert "assumed to be the same host (--same-host), not verified: host.system, " in capsys.readouterr().out
    assert diff(first, second, "--same-host", "--json") == ExitCode.OK
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    sleep, nothing = (metric for metric in metrics if metric["primary"])
    assert (sleep["name"], nothing["name"]) == ("sleep", "nothing")
    assert sleep["ratio"] == pytest.approx(2.0)
    assert nothing["ratio"] == pytest.approx(1.0)
    assert execute(["fsck", "--quiet"]) == ExitCode.OK
    assert execute(["validate", "--quiet"]) == ExitCode.OK


@pytest.mark.usefixtures("registry")
def test_a_file_of_another_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    google = str(DATA / "google_benchmark.json")
    assert execute(["import", "--format", "hyperfine", google]) == ExitCode.INVALID_INPUT
    assert "google_benchmark.json: $: has no 'results'" in capsys.readouterr().err
    assert execute(["import", "none.json"]) == ExitCode.NOT_FOUND
    assert execute(["import", "--format", "csv", google]) == ExitCode.USAGE
    assert "formats: google-benchmark, pytest-benchmark" in capsys.readouterr().err


def hyperfine_file(path: Path, seconds: dict[str, float], *, threads: bool = False) -> str:
    """A file of hyperfine with ten times of each command."""
    results = [
        {
            "command": command,
            "times": [value * (1 + 0.001 * (place % 4)) for place in range(10)],
            "exit_codes": [0] * 10,
            **({"parameters": {"threads": command[-1]}} if threads else {}),
        }
        for command, value in seconds.items()
    ]
    path.write_text(json.dumps({"results": results}), "utf-8")
    return str(path)


def imported(file: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The digest of the one run that a file becomes."""
    capsys.readouterr()
    assert execute(["import", file, "--host", "lab-7", "--quiet", "--results", "other"]) == ExitCode.OK
    capsys.readouterr()
    assert execute(["list", "--json", "--results", "other"]) == ExitCode.OK
    runs: list[dict[str, str]] = json.loads(capsys.readouterr().out)["runs"]
    return runs[0]["digest"]


@pytest.mark.usefixtures("registry")
def test_metrics_of_one_run_are_compared_with_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = {"build -j1": 8.0, "build -j2": 4.0, "build -j4": 8.01}
    run = imported(hyperfine_file(tmp_path / "one.json", seconds, threads=True), capsys)
    words = [run, "--within", "threads", "--results", "other"]
    assert diff(*words) == ExitCode.OK
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if line.startswith("build -j2 against build -j1 "))
    assert line.split()[5:10] == ["8.01", "s", "4.005", "s", "0.500"]
    assert "note: samples of one run are compared" in out
    assert "2 rows tested together, 10,000 divisions of the samples, seed 1" in out
    assert diff(*words, "--only", "changed", "--json") == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert [metric["name"] for metric in answer["metrics"]] == ["build -j2 against build -j1"]
    assert answer["observations"] == "samples"
    assert diff(run, "--within", "build -j4", "--within", "threads=1", "--results", "other") == ExitCode.OK
    assert "build -j1 against build -j4" in capsys.readouterr().out


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["commit=abab"], "A and B, or A and --within"),
        (["commit=abab", "commit=cdcd", "--within", "threads"], "A and B, or A and --within"),
        (["commit=abab", "--within", "threads"], "6 runs match"),
        (["commit=abab", "commit=cdcd", "--only", "new"], "--only is `changed`"),
        (["commit=abab", "commit=cdcd", "--sort", "size"], "cannot be sorted by 'size'"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*words) == ExitCode.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("registry")
def test_a_benchmark_that_is_gone_is_listed_and_never_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule: a gate on `*` is inconclusive if the candidate lacks a metric, whose name is in the output."""
    sides: list[str] = []
    for name, seconds in (("base", {"decode": 0.4, "encode": 0.8}), ("head", {"decode": 0.4})):
        digests = []
        for number in range(4):
            noisy = {command: value * (1 + 0.0001 * number) for command, value in seconds.items()}
            digests.append(imported(hyperfine_file(tmp_path / f"{name}{number}.json", noisy), capsys))
        sides.append(",".join(digests))
    assert diff(*sides, "--results", "other") == ExitCode.OK
    assert "only in the baseline: encode\n" in capsys.readouterr().out
    (tmp_path / "policy.toml").write_text(POLICY.replace('"throughput"', '"*"'), "utf-8")
    words = ["--base", sides[0], "--head", sides[1], "--results", "other"]
    assert gate(*words) == ExitCode.INCONCLUSIVE
    output = capsys.readouterr()
    assert "taken for one host (host name lab-7)" in output.out
    assert "encode: only in the baseline" in output.err


@pytest.mark.parametrize("with_policy", [False, True])
def test_a_diff_knows_the_new_names_of_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], with_policy: bool
) -> None:
    """Without the alias of the policy, the old and the new name are two metrics that nothing compares."""
    monkeypatch.chdir(tmp_path)
    for name in ("old", "new"):
        rows = [{"command": f"./{name}", "times": [1.0, 1.01, 1.02], "exit_codes": [0, 0, 0]}]
        (tmp_path / f"{name}.json").write_text(json.dumps({"results": rows}), "utf-8")
        words = ["import", f"{name}.json", "--format", "hyperfine", "--scenario", "sort", "--host", "h"]
        assert execute([*words, "--label", f"side={name}"]) == 0
    (tmp_path / "policy.toml").write_text(POLICY + '[alias]\n"./old" = "./new"\n', "utf-8")
    capsys.readouterr()
    policy = ["--policy", "policy.toml"] if with_policy else []
    code = diff("label.side=old", "label.side=new", "--json", *policy)
    document = capsys.readouterr().out
    if with_policy:
        assert [row["name"] for row in json.loads(document)["metrics"]] == ["./new"]
    else:
        assert code == ExitCode.INCONCLUSIVE


def test_a_reason_of_all_rows_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("a.json", 1.0), ("b.json", 2.0)):
        rows = (google_row("BM_Small", value), google_row("BM_Large", value))
        Path(name).write_text(json.dumps(google_file(*rows)))
    assert execute(["import", "a.json", "b.json"]) == 0
    one, other = (entry.digest for entry in Registry(tmp_path / "results").find())
    capsys.readouterr()
    assert execute(["diff", one, other, "--same-host"]) == 0
    out = capsys.readouterr().out
    assert len([line for line in out.splitlines() if line.endswith("  inconclusive")]) == 2
    assert out.count("1 + 1 runs cannot show anything; 4 + 4 could") == 1
