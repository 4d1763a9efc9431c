"""`obrelease run stress|architectures|profile|replay --risk` and `--log`, as people call them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster_sample import write_lobster_sample
from obrelease.api.run_pictures import plot_run
from obrelease.cli.app import execute
from obrelease.cli.rendering.run_details import knee_text
from obrelease.errors import ExitCode
from obrelease.registry.check_folder import check_folder
from tests.program import start_program

STRESS = ["stress", "--core", "reference", "--passes", "1", "--rate", "1000000"]


@pytest.fixture(autouse=True)
def _outside_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    for name in ("OBRELEASE_RESULTS", "OBRELEASE_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def answer_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, Any], Path]:
    """The JSON answer of a run that must succeed, and its folder, which must be sound."""
    assert execute(["run", *words, "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    folder = Path("results") / answer["run"]["path"]
    assert not check_folder(folder).problems
    return answer, folder


def test_stress_is_one_artefact_of_all_scales(capsys: pytest.CaptureFixture[str]) -> None:
    answer, folder = answer_of(capsys, *STRESS, "--scale", "1", "--scale", "3")
    assert [row["scale"] for row in answer["rows"]] == ["1", "3"]
    assert {row["faults"] for row in answer["rows"]} == {"0"}
    artefact = json.loads((folder / "artefact.json").read_text())
    assert [each["clock"] for each in artefact["histograms"]] == ["service", "response"] * 2
    assert artefact["command"][-2:] == ["--rate", "1000000"]
    assert artefact["workload"]["messages"] == 6_000
    assert answer["figures"]["throughput_median_msg_s"] > 0
    names = {path.name for path in folder.iterdir()}
    assert {"perf_run_summary.csv", "latency.svg", "throughput.svg", "response-x3.hlog"} <= names


def test_a_failed_check_is_marked_and_names_its_rows_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    message = write_lobster_sample(Path(), rows=300)
    book = Path(message.name.replace("message", "orderbook"))
    rows = [line.split(",") for line in book.read_text().splitlines()]
    rows[200][1] = "77777"
    book.write_text("".join(f"{','.join(row)}\n" for row in rows))
    assert execute(["run", "replay", str(message), "--passes", "1"]) == ExitCode.CHECK_FAILED
    printed, errors = capsys.readouterr()
    for name in ("touch-holds", "levels-hold", "named-causes"):
        assert re.search(rf"^{name} +FAILED: first at row 201: .*\n +[a-z].* \d", printed, re.MULTILINE)
    assert re.search(r"^depth-agrees +rows-agreed 300, rows-asked 300$", printed, re.MULTILINE)
    assert "`obrelease show latest`" in errors


STRATEGY = """
from obengine import NO_PRICE, Side, Strategy

class Seller(Strategy):
    def on_touch(self, market, symbol):
        touch = market.touch(symbol)
        if touch.bid_ticks != NO_PRICE and market.position(symbol) > -200:
            market.submit(Side.SELL, 100, touch.bid_ticks, symbol=symbol)
"""


def test_the_position_and_profit_of_a_strategy_are_drawn_again(capsys: pytest.CaptureFixture[str]) -> None:
    message = write_lobster_sample(Path(), rows=300)
    Path("seller.py").write_text(STRATEGY)
    Path("limits.toml").write_text('version = 1\n[[limit]]\nparticipant = "strategy"\nloss = 1\n')
    words = ["replay", str(message), "--passes", "1", "--risk", "limits.toml", "--strategy"]
    _, folder = answer_of(capsys, *words, "./seller.py:Seller")
    positions = [row.split(",")[1] for row in (folder / "strategy-pnl.csv").read_text().splitlines()]
    assert any(position.startswith("-") for position in positions)
    drawn = plot_run("latest")["strategy.svg"].decode()
    assert "inventory, shares" in drawn
    assert "PnL, $" in drawn
    assert execute(["plot", "latest", "--format", "png"]) == ExitCode.OK
    assert Path("strategy.png").read_bytes().startswith(b"\x89PNG")
    (folder / "strategy-pnl.csv").write_text("time_ns,inventory_lots,pnl\n1,2,3\n")
    assert execute(["plot", "latest"]) == ExitCode.INTEGRITY


def test_a_folder_that_is_not_there_is_named_before_anything_is_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["plot", "latest", "-o", "absent"]) == ExitCode.STORAGE
    errors = capsys.readouterr().err
    assert "absent: there is no such folder" in errors
    assert "mkdir -p absent" in errors


def test_a_day_of_another_feed_is_not_drawn_and_the_error_says_which(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_itch50_sample(Path("day.itch"), messages=200)
    answer_of(capsys, "replay", "day.itch", "--passes", "1")
    assert execute(["plot", "latest", "--trace", "day.itch"]) == ExitCode.USAGE
    assert "replayed itch50, and the pictures of a day are drawn for LOBSTER" in capsys.readouterr().err


def test_a_sweep_has_its_knee_and_its_plot(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obengine.harness.stress.SWEEP_MESSAGES", 100)
    _, folder = answer_of(capsys, *STRESS, "--sweep")
    artefact = json.loads((folder / "artefact.json").read_text())
    assert "knee" in {each["name"] for each in artefact["metrics"]}
    assert (folder / "knee.svg").is_file()
    assert len((folder / "sweep.csv").read_text().splitlines()) == 11


@pytest.mark.parametrize("passes", [1, 2])
def test_the_knee_is_printed(
    passes: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obengine.harness.stress.SWEEP_MESSAGES", 100)
    words = ["run", "stress", "--passes", str(passes), "--core", "reference", "--sweep"]
    assert execute(words) == ExitCode.OK
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("knee ")]
    assert "msg/s" in line or "none" in line
    assert ("not reliable" in line) == (passes == 1)


def test_a_knee_of_nothing_is_none() -> None:
    assert knee_text(0, 5).startswith("none")
    assert knee_text(640_000, 5) == "640 k msg/s offered"


def test_people_get_a_row_for_each_scale(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run", *STRESS]) == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["SCALE", "MESSAGES"]
    assert lines[1].split()[:2] == ["1", "2,000"]


def test_architectures_share_one_digest(capsys: pytest.CaptureFixture[str]) -> None:
    answer, folder = answer_of(
        capsys, "architectures", "--seeds", "1,2", "--passes", "1", "--messages", "500"
    )
    assert {"inline", "queue"} <= {row["architecture"] for row in answer["rows"]}
    assert answer["rows"][0]["against_first_permille"] == "1000"
    assert answer["figures"]["checks_passed"] == ["one-digest-seed-1", "one-digest-seed-2"]
    assert (folder / "architectures.svg").is_file()


def test_a_profile_is_marked_as_not_reported(capsys: pytest.CaptureFixture[str]) -> None:
    answer, folder = answer_of(capsys, "profile", "--messages", "300", "--profiler", "both")
    artefact = json.loads((folder / "artefact.json").read_text())
    assert artefact["parameters"]["reported"] is False
    assert artefact["histograms"] == []
    assert answer["figures"]["throughput_median_msg_s"] is None
    assert {"functions.csv", "allocations.csv", "flame.svg"} <= {path.name for path in folder.iterdir()}


def test_an_itch_file_is_known_by_its_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_itch50_sample(tmp_path / "day.bin", messages=300)
    answer, _ = answer_of(capsys, "replay", "day.bin", "--passes", "1", "--core", "reference")
    assert "books-hold-what-is-left" in answer["figures"]["checks_passed"]


def test_a_part_of_an_itch_file_is_replayed_and_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_itch50_sample(tmp_path / "day.itch.gz", messages=500)
    part = ("--symbol", "BRAVO", "--from", "09:30:00.2", "--to", "16:00")
    answer, folder = answer_of(capsys, "replay", "day.itch.gz", *part, "--passes", "1", "--core", "native")
    assert "file-is-complete" in answer["figures"]["checks_passed"]
    artefact = json.loads((folder / "artefact.json").read_text())
    parameters = artefact["parameters"]
    assert [parameters[name] for name in ("symbols", "from", "to")] == ["BRAVO", "09:30:00.2", "16:00"]
    words = ["reproduce", "latest", "--trace", "day.itch.gz", "--core", "reference"]
    assert execute(words) == ExitCode.OK
    assert execute(["run", "replay", "day.itch.gz", "--from", "9.30"]) == ExitCode.USAGE
    assert "not a time of day" in capsys.readouterr().err
    assert execute(["run", "replay", "--symbol", "NONE", "day.itch.gz"]) == ExitCode.INVALID_INPUT
    errors = capsys.readouterr().err
    assert "no symbol NONE; it has" in errors
    assert "hint: choose what the file has" in errors


LIMITS = """
version = 1
expect = "none"
[[limit]]
participant = "maker"
open_orders = OPEN
[market_maker]
half_spread_ticks = 300
quote_lots = 20
"""


def test_expected_breaches_decide_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("replay", "--passes", "1", "--core", "reference", "--risk", "limits.toml")
    (tmp_path / "limits.toml").write_text(LIMITS.replace("OPEN", "2"))
    _, folder = answer_of(capsys, *words)
    names = {path.name for path in folder.iterdir()}
    assert {"risk-limits.toml", "risk-breaches.csv", "risk-series.csv", "inventory.svg"} <= names
    assert (folder / "risk-limits.toml").read_text() == LIMITS.replace("OPEN", "2")
    (tmp_path / "limits.toml").write_text(LIMITS.replace("OPEN", "1"))
    assert execute(["run", *words]) == ExitCode.CHECK_FAILED
    assert "risk-expectation" in capsys.readouterr().err


UNWATCHED = """
version = 1
expect = "none"
[[limit]]
inventory_lots = 1
"""


def test_limits_that_watched_nothing_are_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "limits.toml").write_text(UNWATCHED)
    words = ["run", "replay", "--passes", "1", "--core", "reference", "--risk", "limits.toml"]
    assert execute(words) == ExitCode.INCONCLUSIVE
    shown = capsys.readouterr()
    assert ", 1 inconclusive" in shown.out
    assert "limit 1 was applied to no order" in shown.err
    assert execute(["show", "latest"]) == ExitCode.OK
    assert "inconclusive: limit 1 was applied to no order" in capsys.readouterr().out


def test_logs_are_canonical_and_equal_on_every_core(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for core in ("reference", "native"):
        answer_of(
            capsys, "bench", "--messages", "400", "--passes", "1", "--core", core, "--log", f"{core}.jsonl"
        )
    first, second = (Path(f"{core}.jsonl").read_bytes() for core in ("reference", "native"))
    assert first == second
    lines = first.decode().splitlines()
    for number, line in enumerate(lines):
        event = json.loads(line)
        assert line == json.dumps(event, sort_keys=True, separators=(",", ":"))
        assert event["sequence"] == number
    assert hashlib.sha256(first).hexdigest().startswith("93f3b14b873362c374f34806")


def test_a_log_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.jsonl").write_text("mine")
    assert execute(["run", "bench", "--messages", "10", "--log", "kept.jsonl"]) == ExitCode.STORAGE
    assert execute(["run", "bench", "--messages", "10", "--log", "no/where.jsonl"]) == ExitCode.STORAGE
    assert (tmp_path / "kept.jsonl").read_text() == "mine"
    assert not (tmp_path / "results").exists()
    assert "exists already" in capsys.readouterr().err


LEVEL_HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
LEVEL_ROWS = "x,A,1,1,true,bid,9.5,2\nx,A,1,1,true,ask,10,1\nx,A,2,2,false,bid,9.6,1\n"


def test_a_level_feed_is_replayed_validated_and_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feed.csv.gz").write_bytes(gzip.compress((LEVEL_HEADER + LEVEL_ROWS).encode()))
    answer, folder = answer_of(capsys, "replay", "feed.csv.gz", "--passes", "1", "--core", "native")
    checks = answer["figures"]["checks_passed"]
    assert {"commands-carried-out", "levels-agree", "books-uncrossed"} <= {*checks}
    artefact = json.loads((folder / "artefact.json").read_text())
    assert artefact["scenario"] == "feed"
    assert artefact["workload"]["name"] == "levels"
    assert (folder / "touch.svg").is_file()
    assert execute(["validate", "results"]) == ExitCode.OK
    words = ["reproduce", "latest", "--core", "reference", "--trace"]
    assert execute([*words, "feed.csv.gz"]) == ExitCode.OK
    (tmp_path / "other.csv").write_text(LEVEL_HEADER + LEVEL_ROWS)
    assert execute([*words, "other.csv"]) == ExitCode.INTEGRITY
    assert "is not the file that was replayed" in capsys.readouterr().err


def test_a_strategy_beside_a_level_feed_is_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feed.csv").write_text(LEVEL_HEADER + LEVEL_ROWS)
    (tmp_path / "idle.py").write_text("from obengine import Strategy\n\nclass Idle(Strategy):\n    pass\n")
    strategy = ["--strategy", "./idle.py:Idle"]
    words = ["run", "replay", "feed.csv", "--passes", "1", *strategy]
    assert execute(words) == ExitCode.USAGE
    assert "no order ids for queue='exact': choose 'last' or 'probability'" in capsys.readouterr().err
    assert execute([*words, "--queue", "last"]) == ExitCode.INCONCLUSIVE
    assert "simulation-repeats is inconclusive: the strategy sent no order" in capsys.readouterr().err
    assert execute(["reproduce", "latest", "--trace", "feed.csv", *strategy]) == ExitCode.OK


def test_a_feed_of_one_side_is_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "feed.csv").write_text(LEVEL_HEADER + LEVEL_ROWS.splitlines()[0] + "\n")
    words = ["run", "replay", "feed.csv", "--passes", "1", "--core", "reference"]
    assert execute(words) == ExitCode.INCONCLUSIVE
    error = capsys.readouterr().err
    assert "books-uncrossed is inconclusive: the feed never has levels on both sides" in error
    assert "replay data that have what the check compares" in error


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["stress", "--scale", "0"], ExitCode.USAGE, "a scale is 1 to"),
        (["stress", "--scale", "-3"], ExitCode.USAGE, "a scale is 1 to"),
        (["stress", "--seed", str(2**64)], ExitCode.USAGE, "2^64"),
        (["stress", "--arrivals", "slow"], ExitCode.USAGE, "poisson, burst, hawkes"),
        (["stress", "--rate", "0"], ExitCode.USAGE, "rate"),
        (["stress", "--results", "file"], ExitCode.USAGE, "not a folder"),
        (["architectures", "--seeds", "1,x"], ExitCode.USAGE, "--seeds"),
        (["architectures", "--seeds", "1,2,01"], ExitCode.USAGE, "names 1 twice"),
        (["architectures", "--seeds", str(2**64)], ExitCode.USAGE, "2^64"),
        (["profile", "--profiler", "perf"], ExitCode.USAGE, "cprofile, tracemalloc, both"),
        (["profile", "--scenario", "x7"], ExitCode.USAGE, "scenarios"),
        (["replay", "cut.itch"], ExitCode.INVALID_INPUT, "truncated frame"),
        (["replay", "--risk", "nowhere.toml"], ExitCode.NOT_FOUND, "nowhere.toml"),
        (["replay", "--risk", "bad.toml"], ExitCode.INVALID_INPUT, "unknown key 'limits'"),
        (["replay", "--risk", "negative.toml"], ExitCode.INVALID_INPUT, "not -1"),
        (["replay", "head.csv"], ExitCode.INVALID_INPUT, "head.csv: the file has no rows"),
        (["replay", "order.csv"], ExitCode.INVALID_INPUT, "no header of a Tardis or Binance level feed"),
        (["replay", "minus.csv"], ExitCode.INVALID_INPUT, "minus.csv:2:8: not a size"),
        (["replay", "cut.csv.gz"], ExitCode.INVALID_INPUT, "cut.csv.gz"),
        (["replay", "huge.csv"], ExitCode.INVALID_INPUT, "lots of 0.00000001, more than the 2,147,483,647"),
        (["replay", "feed.csv", "--symbol", "A"], ExitCode.USAGE, "a level feed is replayed as a whole"),
        (["replay", "feed.csv", "--from", "09:30"], ExitCode.USAGE, "a level feed is replayed as a whole"),
        (["replay", "feed.csv", "--risk", "bad.toml"], ExitCode.USAGE, "no orders to check by risk limits"),
    ],
)
def test_errors_name_the_place_and_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: ExitCode, message: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "cut.itch").write_bytes(b"\0\0S" + bytes(3))
    (tmp_path / "bad.toml").write_text("version = 1\nlimits = []\n")
    (tmp_path / "negative.toml").write_text("version = 1\n[[limit]]\nopen_orders = -1\n")
    feed = LEVEL_HEADER + LEVEL_ROWS
    (tmp_path / "feed.csv").write_text(feed)
    (tmp_path / "head.csv").write_text(LEVEL_HEADER)
    (tmp_path / "order.csv").write_text(feed.replace("side,price", "price,side"))
    (tmp_path / "minus.csv").write_text(LEVEL_HEADER + "x,A,1,1,true,bid,9.5,-2\n")
    (tmp_path / "huge.csv").write_text(LEVEL_HEADER + "x,A,1,1,true,bid,9.5,1e9\nx,A,1,1,true,ask,9,1e-8\n")
    long = "".join(f"x,A,1,1,true,bid,{price},{price * 7919 % 997}\n" for price in range(1, 2_000))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress((LEVEL_HEADER + long).encode())[:-1_000])
    assert execute(["run", *words]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "results").exists()


SAYS_WHEN_IT_MEASURES = """
import sys
import obengine.harness.stress as stress
from obrelease.cli.start import main

def open_loop(*args, _run=stress.open_loop):
    print("measuring", file=sys.stderr, flush=True)
    return _run(*args)

stress.open_loop = open_loop
main()
"""


def test_ctrl_c_in_a_long_stress_leaves_nothing(tmp_path: Path) -> None:
    words = ["stress", "--core", "reference", "--passes", "1", "--rate", "100", "--log", "events.jsonl"]
    process = start_program("run", *words, code=SAYS_WHEN_IT_MEASURES)
    assert process.stderr is not None
    while "measuring" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in errors
    assert {path.name for path in tmp_path.iterdir()} <= {"mpl"}
