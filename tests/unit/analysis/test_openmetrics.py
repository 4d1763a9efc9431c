"""OpenMetrics text of a comparison: read as the format says, and as GitLab reads it."""

from __future__ import annotations

import re
import shlex

from obrelease.analysis.notes.openmetrics import openmetrics_text
from tests.unit.analysis.test_comparison_report import compared

SAMPLE = re.compile(
    r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} ([-+]?(?:\d[\d.]*(?:e[-+]\d+)?|Inf)|NaN)'
)


def gitlab(text: str) -> dict[str, str]:
    """What GitLab's reader takes from it: comments cut, the rest split like a shell."""
    found = {}
    for line in text.splitlines():
        words = shlex.split(re.sub(r"#.*$", "", line))
        if words:
            name, value = words
            assert name not in found
            found[name] = value
    return found


def test_every_line_is_openmetrics_and_each_family_is_in_one_place() -> None:
    text = openmetrics_text([("", compared({"put": 100, "get": 50}, {"put": 130, "get": 50}))])
    assert text.endswith("# EOF\n")
    families = []
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            families.append(line.split()[2])
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found[1] == families[-1]
    assert families == ["obrelease_value", "obrelease_ratio", "obrelease_ratio_low", "obrelease_ratio_high"]


def test_gitlab_reads_values_with_four_digits_and_the_verdict() -> None:
    found = gitlab(openmetrics_text([("", compared({"put": 100, "get": 50}, {"put": 130, "get": 50}))]))
    assert found["obrelease_value{metric=put,unit=ns}"] == "130"
    assert found["obrelease_ratio{metric=put,unit=ns,verdict=worse}"] == "1.3"
    assert found["obrelease_ratio{metric=get,unit=ns,verdict=same}"] == "1"
    assert float(found["obrelease_ratio_low{metric=put,unit=ns}"]) < 1.3


def test_names_of_any_text_stay_labels() -> None:
    names = ['a "b" c', "back\\slash", "two\nlines", "c# 5", "it's $(x) `y`", "", "{} 7", "‮"]
    base = {name: 100.0 + number for number, name in enumerate(names)}
    text = openmetrics_text([("demo / x", compared(base, base))])
    values = [line for line in text.splitlines() if line.startswith("obrelease_value")]
    assert all(SAMPLE.fullmatch(line) for line in values)
    assert len(values) == len(names)
    assert len(gitlab(text)) == 4 * len(names)
    assert any("c＃ 5" in name for name in gitlab(text))


def test_a_metric_from_zero_has_an_infinite_ratio() -> None:
    text = openmetrics_text([("", compared({"misses": 0.0, "put": 1.0}, {"misses": 5.0, "put": 1.0}))])
    (ratio,) = (
        value for name, value in gitlab(text).items() if re.match(r"obrelease_ratio\{metric=misses", name)
    )
    assert ratio == "+Inf"
