"""Pages of comparisons: a forest plot of ratios with intervals, and the distributions of both sides."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.run import Run
from obrelease.models.finding import printable
from obrelease.site.assets import comparison_script, site_style
from obrelease.site.percentile_chart import Curve, percentile_chart
from obrelease.site.templating import render
from obrelease.site.texts import SHORT_COMMIT, short_run
from obrelease.storage.hashing import digest_bytes

MOST_ROWS: Final = 5_000
MOST_DISTRIBUTIONS: Final = 40
MOST_CURVES: Final = 12
"""Runs of a side whose curves are drawn each for itself."""

_FILE_DIGITS: Final = 16
_DIGEST: Final = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_HALF_PX: Final = 100.0
_LEAST_REACH: Final = math.log(1.05)
_MOST_REACH: Final = math.log(10.0)
_TICKS: Final = (0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 2.0, 5.0, 10.0)
_LEAST_TICK_PX: Final = 34.0
_MARKS: Final = {
    Verdict.WORSE: "▲ worse",
    Verdict.BETTER: "▼ better",
    Verdict.CHANGED: "◆ changed",
    Verdict.SAME: "same",
    Verdict.INCONCLUSIVE: "inconclusive",
}
_ORDER: Final = (Verdict.WORSE, Verdict.CHANGED, Verdict.BETTER, Verdict.INCONCLUSIVE, Verdict.SAME)
_CHANGED: Final = (Verdict.WORSE, Verdict.BETTER, Verdict.CHANGED)


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Comparisons of two sides.

    Attributes:
        base, head: the sides as the caller named them.
        comparisons: by name; see `api.compare_runs.ComparisonReport`.
        not_compared: what could not be compared, each with the reason.
    """

    base: str
    head: str
    comparisons: tuple[tuple[str, Comparison], ...]
    not_compared: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the page: a digest of the sides and their runs."""
        runs = [
            run.digest
            for _, comparison in self.comparisons
            for side in (comparison.base, comparison.head)
            for run in side
        ]
        identity = "\0".join((self.base, self.head, *runs))
        return f"{digest_bytes(identity.encode('utf-8', 'surrogatepass'))[:_FILE_DIGITS]}.html"

    @property
    def heading(self) -> str:
        """Which side is measured against which."""
        return printable(f"{_short_side(self.head)} against {_short_side(self.base)}")


def _short_side(side: str) -> str:
    """A side as a heading; of many runs, the first and how many more."""
    first, *others = (_DIGEST.sub(r"\1", part.strip()) for part in side.split(","))
    return f"{first} and {len(others)} more runs" if len(others) > 1 else ", ".join((first, *others))


def comparison_page(page: ComparisonPage, *, project: str) -> bytes:
    """The page of a comparison."""
    return render(
        "comparison.html.jinja",
        style=site_style(),
        script=comparison_script(),
        up="../",
        project=project,
        title=f"{project}: {page.heading}",
        heading=page.heading,
        parts=comparison_parts(page),
        not_compared=[printable(line) for line in page.not_compared],
    )


def comparison_parts(page: ComparisonPage) -> list[dict[str, Any]]:
    """What the template shows of each comparison."""
    return [_part(name, comparison) for name, comparison in page.comparisons]


def _part(name: str, comparison: Comparison) -> dict[str, Any]:
    rows = sorted(comparison.metrics, key=_position)[:MOST_ROWS]
    reach = _reach(rows)
    return {
        "name": printable(name),
        "rows": [_row(row, reach) for row in rows],
        "left_out": len(comparison.metrics) - len(rows),
        "ticks": _ticks(reach),
        "counts": ", ".join(
            f"{count} {verdict.label}"
            for verdict in _ORDER
            if (count := sum(row.decision.verdict is verdict for row in comparison.metrics))
        ),
        "notes": [printable(note) for note in comparison.notes],
        "sides": [
            {"name": side, "runs": [_run(run) for run in runs]}
            for side, runs in (("base", comparison.base), ("head", comparison.head))
        ],
        "distributions": _distributions(comparison, rows),
        "percentiles": list(_percentiles(comparison)),
    }


def _position(row: MetricComparison) -> tuple[int, float, str]:
    """Changes first, those to worse values before others, each by size."""
    size = abs(math.log(row.ratio)) if row.ratio and 0 < row.ratio < math.inf else 0.0
    return _ORDER.index(row.decision.verdict), -size, row.name


def _reach(rows: Sequence[MetricComparison]) -> float:
    """Half the width of the axis, as a logarithm: the farthest end of an interval, within limits."""
    ends = [end for row in rows for end in (row.ratio, row.low, row.high) if end and 0 < end < math.inf]
    farthest = max((abs(math.log(end)) for end in ends), default=0.0)
    return min(max(farthest * 1.05, _LEAST_REACH), _MOST_REACH)


def _x(ratio: float, reach: float) -> float:
    """The place of a ratio in a box that is 200 wide; beyond the axis, its edge."""
    if ratio <= 0:
        return 0.0
    place = _HALF_PX * (1 + (math.log(ratio) / reach if ratio < math.inf else 1.0))
    return round(min(max(place, 0.0), 2 * _HALF_PX), 1)


def _ticks(reach: float) -> list[dict[str, Any]]:
    """Ratios to write below the axis, from the middle outwards where there is room."""
    chosen: list[tuple[float, float]] = []
    for ratio in sorted(_TICKS, key=lambda tick: abs(math.log(tick))):
        x = _x(ratio, reach)
        room = all(abs(x - other) >= _LEAST_TICK_PX for other, _ in chosen)
        if abs(math.log(ratio)) < reach * 0.9 and room:
            chosen.append((x, ratio))
    return [{"x": x, "text": f"{ratio:g}x"} for x, ratio in sorted(chosen)]


def _row(row: MetricComparison, reach: float) -> dict[str, Any]:
    has_interval = row.low is not None and row.high is not None
    verdict = row.decision.verdict
    ratio = "-" if row.ratio is None else f"{row.ratio:.4f}x"
    interval = f"{row.low:.4f} to {row.high:.4f}" if has_interval else "-"
    return {
        "name": printable(row.name),
        "verdict": {Verdict.WORSE: "worse", Verdict.BETTER: "better", Verdict.CHANGED: "changed"}.get(
            verdict, "muted"
        ),
        "changed": verdict in _CHANGED,
        "mark": _MARKS[verdict],
        "reason": printable(row.decision.reason),
        "base": printable(readable(row.base, row.unit)),
        "head": printable(readable(row.head, row.unit)),
        "ratio": ratio,
        "interval": interval,
        "x": None if row.ratio is None else _x(row.ratio, reach),
        "low_x": _x(row.low, reach) if row.low is not None and has_interval else None,
        "high_x": _x(row.high, reach) if row.high is not None and has_interval else None,
        "label": f"ratio {ratio}, interval {interval}",
    }


def _run(run: Run) -> dict[str, str]:
    return {
        "file": f"{short_run(run.digest)}.html",
        "digest": run.digest,
        "commit": (run.commit or "-")[:SHORT_COMMIT],
    }


def _distributions(comparison: Comparison, rows: Sequence[MetricComparison]) -> list[dict[str, Any]]:
    """The samples of both sides as empirical distributions, of the first rows that have samples."""
    found: list[dict[str, Any]] = []
    for row in rows:
        if len(found) == MOST_DISTRIBUTIONS:
            break
        sides = [_samples(side, row.id) for side in (comparison.base, comparison.head)]
        if row.headline and row.figure == "location" and all(len(side) > 1 for side in sides):
            found.append(_distribution(row, *sides))
    return found


def _samples(runs: Sequence[Run], metric: str) -> list[float]:
    return sorted(sample for run in runs if metric in run.metrics for sample in run.metrics[metric].samples)


def _distribution(row: MetricComparison, base: Sequence[float], head: Sequence[float]) -> dict[str, Any]:
    low, high = min(base[0], head[0]), max(base[-1], head[-1])
    span = (high - low) or 1.0

    def curve(samples: Sequence[float]) -> str:
        """Steps of the share of samples up to each value; at most 400 of them."""
        count = len(samples)
        parts = min(count, 400)
        points = ["10.0,110.0"]
        before = 110.0
        for part in range(1, parts + 1):
            rank = count * part // parts
            x = 10 + 580 * (samples[rank - 1] - low) / span
            y = 110 - 100 * rank / count
            points += [f"{x:.1f},{before:.1f}", f"{x:.1f},{y:.1f}"]
            before = y
        return " ".join([*points, "590.0,10.0"])

    return {
        "name": printable(row.name),
        "base": curve(base),
        "head": curve(head),
        "low": printable(readable(low, row.unit)),
        "high": printable(readable(high, row.unit)),
        "label": f"Distribution of {len(base)} samples of base and {len(head)} of head",
    }


def _percentiles(comparison: Comparison) -> list[dict[str, Any]]:
    """A chart for each histogram that both sides have, with a curve for each run."""
    sides = (("base", comparison.base), ("head", comparison.head))
    names = {name for run in comparison.base for name in run.histograms}
    shared = sorted(names & {name for run in comparison.head for name in run.histograms})
    charts = []
    for name in shared:
        curves = [
            Curve(merge(run.histograms[name]), f"curve {style}", f"{style}: {short_run(run.digest)}")
            for style, runs in sides
            for run in runs[:MOST_CURVES]
            if name in run.histograms
        ]
        charts.append({"name": printable(name), "chart": percentile_chart(curves), "runs": len(curves)})
    return charts
