"""From a sweep file to its cells and their plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.measurement.sweeps.cells import CommandWork
from obrelease.measurement.sweeps.expand import ResolvedNames, expand
from obrelease.measurement.sweeps.plan import make_plan, plan_bytes, read_plan, write_plan
from obrelease.measurement.sweeps.sweep_file import read_sweep_file
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from tests.sweep_files import BENCH, write_sweep

NAMES = ResolvedNames({"native": "native", "auto": "native"}, {"HEAD": "a" * 40, "v1": "b" * 40})


def planned(tmp_path: Path, text: str = BENCH, **keys: object) -> list[tuple[int, tuple[object, ...]]]:
    file, _ = read_sweep_file(write_sweep(tmp_path, text, **keys))
    return [(cell.repeat, tuple(cell.point.values())) for cell in expand(file, NAMES)]


MANY = BENCH.replace("[1, 2]", str(list(range(1_000)))).replace("[100, 200]", str(list(range(1, 100))))
LISTED = [("baseline", "native", seed, messages) for messages in (100, 200) for seed in (1, 2)]


def test_abba_goes_forwards_and_backwards(tmp_path: Path) -> None:
    found = planned(tmp_path, repeats=3)
    assert found == [
        *((1, point) for point in LISTED),
        *((2, point) for point in reversed(LISTED)),
        *((3, point) for point in LISTED),
    ]


def test_random_shuffles_each_repeat_by_the_seed(tmp_path: Path) -> None:
    text = BENCH.replace("[1, 2]", str(list(range(20))))
    one = planned(tmp_path, text, repeats=2, order="random", seed=1)
    assert one == planned(tmp_path, text, repeats=2, order="random", seed=1)
    assert one != planned(tmp_path, text, repeats=2, order="random", seed=2)
    first, second = ([point for repeat, point in one if repeat == number] for number in (1, 2))
    assert first != second
    assert sorted(first) == sorted(second)
    assert len(set(first)) == 40


def test_a_key_depends_on_what_is_measured_alone(tmp_path: Path) -> None:
    def keys(text: str, **more: object) -> set[str]:
        file, _ = read_sweep_file(write_sweep(tmp_path, text, **more))
        return {cell.key for cell in expand(file, NAMES)}

    before = keys(BENCH)
    assert keys(BENCH, order="random", seed=9, takeover_seconds=5) == before
    assert keys(BENCH.replace('"native"', '"auto"')) == before, "the name of a core is resolved"
    assert keys(BENCH, repeats=2) > before
    assert not keys(BENCH.replace("passes = 1", "passes = 2")) & before


def test_values_are_filled_in_and_quoted_for_a_shell(tmp_path: Path) -> None:
    text = """
        [command.c]
        run = "prog {word} {output} ${HOME}"
        build = ["make", "W={word}"]
        environment = { W = "{word}" }
        commits = ["v1"]
        parameters.word = ["a b", true, 0.5]
    """
    file, _ = read_sweep_file(write_sweep(tmp_path, text))
    works = [cell.work for cell in expand(file, NAMES)]
    assert all(isinstance(work, CommandWork) for work in works)
    shown = [(w.run, w.build, w.environment["W"], w.commit) for w in works if isinstance(w, CommandWork)]
    assert shown == [
        ("prog 'a b' {output} ${HOME}", ("make", "W=a b"), "a b", "b" * 40),
        ("prog true {output} ${HOME}", ("make", "W=true"), "true", "b" * 40),
        ("prog 0.5 {output} ${HOME}", ("make", "W=0.5"), "0.5", "b" * 40),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to measure"),
        (BENCH.replace("[1, 2]", "[1, 1]"), "named twice|the same measurement"),
        (BENCH.replace("[1, 2]", "[-1]"), "seeds"),
        (BENCH + "wrong = 1\n", "wrong: unknown field"),
        ('[command.c]\nrun = "x"\nparameters.n = [1]\n', r"nothing uses \{n\}"),
        ('[command.c]\nrun = "x {output}"\nparameters.output = [1]\n', "choose another name"),
        (MANY, "99,000 cells"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        planned(tmp_path, text)


def test_a_plan_is_the_same_bytes_and_refuses_a_false_key(tmp_path: Path) -> None:
    file, digest = read_sweep_file(write_sweep(tmp_path, repeats=2))
    plan, folder = make_plan(file, digest, NAMES), SweepFolder(tmp_path, "small")
    write_plan(folder, plan)
    assert read_plan(folder)[0] == plan
    assert plan_bytes(make_plan(file, digest, NAMES)) == folder.plan.read_bytes()
    folder.plan.write_bytes(folder.plan.read_bytes().replace(b'"seed":"1"', b'"seed":"3"'))
    with pytest.raises(InvalidInput, match=r"the work and the repeat give"):
        read_plan(folder)
