"""The response of a metric to the parameters of a sweep, and its pictures."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from obrelease.analysis.sweeps.plots import MOST_LINES, MOST_MAPS, response_pictures
from obrelease.analysis.sweeps.response import PointValues, Response, combinations, ordered
from obrelease.models.artefact import Scalar


def response(*points: tuple[dict[str, Scalar], tuple[float, ...]]) -> Response:
    found = tuple(PointValues(point, values) for point, values in points)
    return Response("bench", "throughput", "msg/s", "higher", found)


GRID = response(
    *(
        ({"size": size, "kind": kind, "seed": seed, "same": 1}, (float(size * seed),))
        for size in (10, 1000, 100)
        for kind in ("b", "a")
        for seed in (1, 3)
    )
)


def test_axes_are_the_parameters_that_vary_numbers_first_and_in_order() -> None:
    assert list(GRID.axes().items()) == [("size", (10, 100, 1000)), ("seed", (1, 3)), ("kind", ("a", "b"))]


def test_runs_of_several_seeds_are_repetitions() -> None:
    merged = GRID.without("seed")
    assert len(merged.points) == 6
    (point,) = merged.at({"size": 100, "kind": "a"})
    assert sorted(point.values) == [100.0, 300.0]
    assert point.median == 100.0


def test_true_one_and_one_point_zero_are_three_values() -> None:
    values = ordered([True, 1, 1.0, 1, True])
    assert [(type(value), value) for value in values] == [(int, 1), (float, 1.0), (bool, True)]
    mixed = response(({"x": True}, (1.0,)), ({"x": 1}, (2.0,)))
    assert [point.median for point in mixed.at({"x": 1})] == [2.0]
    assert len(mixed.without("y").points) == 2


def test_combinations_of_nothing_are_one() -> None:
    assert combinations({}) == [{}]


def test_a_map_and_a_line_for_each_parameter() -> None:
    pictures = list(response_pictures(GRID.without("seed")))
    assert [picture.title for picture in pictures] == [
        "bench: throughput by size and kind",
        "bench: throughput by size",
        "bench: throughput by kind",
    ]
    for picture in pictures:
        assert picture.description.startswith("Medians over the runs of a point, from 10 msg/s to 1 k msg/s.")
    assert b">100 msg/s<" in pictures[0].svg


def test_the_axes_of_the_map_can_be_chosen() -> None:
    first = next(iter(response_pictures(GRID.without("seed"), "kind", "size")))
    assert first.title == "bench: throughput by kind and size"


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obrelease.analysis.sweeps.plots.draw", lambda _build, *, text: b"<svg/>")
    many = response(
        *(({"a": a, "b": b, "c": c}, (1.0,)) for a in range(9) for b in range(8) for c in range(7))
    )
    pictures = list(response_pictures(many))
    maps = [picture for picture in pictures if " and " in picture.title]
    assert len(maps) == MOST_MAPS
    assert "1 more combinations" in maps[-1].description
    assert all(
        f"{left} more lines" in picture.description
        for left, picture in zip(
            (8 * 7 - MOST_LINES, 9 * 7 - MOST_LINES, 9 * 8 - MOST_LINES), pictures[MOST_MAPS:], strict=True
        )
    )


def test_a_grid_with_holes_and_one_point_are_drawn() -> None:
    holes = response(({"a": 1, "b": "x"}, (1.0,)), ({"a": 2, "b": "y"}, (2.0,)))
    assert len(list(response_pictures(holes))) == 3
    assert list(response_pictures(response(({"a": 1}, (1.0,))))) == []


@pytest.mark.parametrize("name", ["$x$<script>", "a\nb\u202e&"])
def test_any_text_of_a_parameter_stays_text(name: str) -> None:
    odd = response(({"a": name, "b": 1}, (1.0,)), ({"a": "other", "b": 2}, (2.0,)))
    for picture in response_pictures(odd):
        elements = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture.svg).iter()}
        assert "text" in elements
        assert not {"script", "image", "foreignObject"} & elements
