"""A comparison as Markdown for a pull request or a job summary: one headline, what changed, the rest folded.

Source of the size limit: GitHub's API refuses a comment of more than 65,536 characters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.notes.markdown import code, table, value_text

MAX_CHARACTERS: Final = 65_536
"""The longest comment on GitHub."""

MAX_CHANGED_ROWS: Final = 100
MAX_OTHER_ROWS: Final = 300

_CHANGED: Final = (Verdict.WORSE, Verdict.BETTER, Verdict.CHANGED)
_MARKS: Final = {
    Verdict.WORSE: "▲ worse",
    Verdict.BETTER: "▼ better",
    Verdict.CHANGED: "◆ changed",
    Verdict.SAME: "same",
    Verdict.INCONCLUSIVE: "inconclusive",
}
_HEADER: Final = ("metric", "base", "head", "ratio", "95 % interval", "")
_NUMERIC: Final = (1, 2, 3)
_CUT: Final = (
    "\n\n_Cut here: a comment has at most 65,536 characters. `obrelease diff` shows the whole comparison._\n"
)


@dataclass(frozen=True, slots=True)
class ComparisonMarkdown:
    """The report.

    Attributes:
        text: at most `MAX_CHARACTERS` characters.
        silent: whether nothing changed and nothing is missing: then the text is one line.
    """

    text: str
    silent: bool


@dataclass(slots=True)
class _Rows:
    """The rows of all comparisons by verdict, each with the name of its comparison."""

    by_verdict: dict[Verdict, list[tuple[str, MetricComparison]]] = field(default_factory=dict)

    def of(self, *verdicts: Verdict) -> list[tuple[str, MetricComparison]]:
        return [row for verdict in verdicts for row in self.by_verdict.get(verdict, [])]


def comparison_markdown(
    comparisons: Sequence[tuple[str, Comparison]], not_compared: Sequence[str] = (), *, title: str = ""
) -> ComparisonMarkdown:
    """The report of comparisons.

    Args:
        comparisons: by name; the name may be empty.
        not_compared: what could not be compared, with the reason.
        title: before the headline, such as the name of a benchmark; any text.
    """
    rows = _rows(comparisons)
    gone = [(name, metric) for name, each in comparisons for metric in each.coverage.only_in_base]
    added = [(name, metric) for name, each in comparisons for metric in each.coverage.only_in_head]
    partial = [(name, str(metric)) for name, each in comparisons for metric in each.coverage.partial]
    headline = _headline(verdict_counts(comparisons), title)
    silent = not (rows.of(*_CHANGED) or gone or partial or not_compared)
    if silent:
        return ComparisonMarkdown(f"{headline}\n", silent=True)
    changed = sorted(rows.of(*_CHANGED), key=lambda row: _order(row[1]))
    several = len(comparisons) > 1
    parts = [f"### {headline}"]
    if changed:
        parts.append(_table(changed[:MAX_CHANGED_ROWS], several=several))
        if len(changed) > MAX_CHANGED_ROWS:
            parts.append(f"{len(changed) - MAX_CHANGED_ROWS} more changed.")
    parts += _names("Gone: only in the base", gone)
    parts += _names("Missing in some runs", partial)
    parts += [f"Not compared: {code(line)}" for line in not_compared[:MAX_CHANGED_ROWS]]
    parts += _names("New: only in the head", added)
    others = rows.of(Verdict.INCONCLUSIVE, Verdict.SAME)
    if others:
        parts.append(
            _folded(f"{len(others)} without a change", _table(others[:MAX_OTHER_ROWS], several=several))
        )
    parts.append(_folded("How this was measured", "\n".join(_method(comparisons))))
    return ComparisonMarkdown(_bounded("\n\n".join(parts) + "\n"), silent=False)


def workflow_annotations(comparisons: Sequence[tuple[str, Comparison]]) -> list[str]:
    """A GitHub workflow command for each metric that is worse: it is shown on the job and the change.

    Format: docs.github.com, "Workflow commands for GitHub Actions", "Setting a warning message".
    """
    return [
        f"::warning title={_property(f'{metric.name} is worse')}::{_data(_sentence(metric))}"
        for _, comparison in comparisons
        for metric in comparison.metrics
        if metric.decision.verdict is Verdict.WORSE
    ][:MAX_CHANGED_ROWS]


def verdict_counts(comparisons: Sequence[tuple[str, Comparison]]) -> dict[str, int]:
    """How many rows have each verdict, as in a headline, without zeros; `gone` is of the base."""
    rows = _rows(comparisons)
    counts = {
        verdict.label: len(rows.of(verdict)) for verdict in (*_CHANGED, Verdict.SAME, Verdict.INCONCLUSIVE)
    }
    counts["gone"] = sum(len(each.coverage.only_in_base) for _, each in comparisons)
    return {what: count for what, count in counts.items() if count}


def _rows(comparisons: Sequence[tuple[str, Comparison]]) -> _Rows:
    """The rows that were tested, and headline rows of primary metrics."""
    rows = _Rows()
    for name, comparison in comparisons:
        for metric in comparison.metrics:
            if metric.p_adjusted is not None or (metric.headline and metric.primary):
                rows.by_verdict.setdefault(metric.decision.verdict, []).append((name, metric))
    return rows


def _headline(counts: dict[str, int], title: str) -> str:
    text = ", ".join(f"{count} {what}" for what, count in counts.items()) or "nothing compared"
    return f"{code(title)}: {text}" if title else f"Benchmarks: {text}"


def _order(metric: MetricComparison) -> tuple[int, float]:
    """Worse first, and the largest change first."""
    rank = {Verdict.WORSE: 0, Verdict.CHANGED: 1}.get(metric.decision.verdict, 2)
    ratio = metric.ratio
    size = math.inf if ratio is None or ratio <= 0 or not math.isfinite(ratio) else abs(math.log(ratio))
    return rank, -size


def _table(rows: Iterable[tuple[str, MetricComparison]], *, several: bool) -> str:
    return table(
        _HEADER,
        [
            [
                code(f"{name}: {metric.name}" if several and name else metric.name),
                value_text(metric.base, metric.unit),
                value_text(metric.head, metric.unit),
                _ratio(metric.ratio),
                f"{_ratio(metric.low)} to {_ratio(metric.high)}" if metric.low is not None else "",
                _MARKS[metric.decision.verdict],
            ]
            for name, metric in rows
        ],
        numeric=_NUMERIC,
    )


def _names(what: str, names: Sequence[tuple[str, str]]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(code(name) for _, name in names[:MAX_CHANGED_ROWS])
    more = f" and {len(names) - MAX_CHANGED_ROWS} more" if len(names) > MAX_CHANGED_ROWS else ""
    return [f"{what}: {shown}{more}"]


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _method(comparisons: Sequence[tuple[str, Comparison]]) -> Iterable[str]:
    for name, comparison in comparisons:
        base, head = (
            f"{len(runs)} runs"
            + (f" of {', '.join(f'`{commit[:9]}`' for commit in commits)}" if commits else "")
            for runs in (comparison.base, comparison.head)
            for commits in [sorted({run.commit for run in runs if run.commit})[:5]]
        )
        tested = sum(metric.p_adjusted is not None for metric in comparison.metrics)
        label = f"{code(name)}: " if name else ""
        yield (
            f"* {label}base {base}, head {head}; {tested} rows tested together at a level of"
            f" {100 * comparison.rules.alpha:g} % (step-down max-T over divisions of the runs)"
        )
        yield from (f"* {code(note)}" for note in comparison.notes[:20])


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.3f}" if math.isfinite(ratio) else "infinite"


def _sentence(metric: MetricComparison) -> str:
    interval = "" if metric.low is None else f" ({_ratio(metric.low)} to {_ratio(metric.high)})"
    return f"{metric.name}: {_ratio(metric.ratio)} times the base{interval}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _bounded(text: str) -> str:
    """At most `MAX_CHARACTERS`, cut at the end of a line, with no fold left open."""
    if len(text) <= MAX_CHARACTERS:
        return text
    room = MAX_CHARACTERS - len(_CUT) - len("\n\n</details>")
    kept = text[:room].rpartition("\n")[0]
    if kept.count("<details>") > kept.count("</details>"):
        kept += "\n\n</details>"
    return kept + _CUT
