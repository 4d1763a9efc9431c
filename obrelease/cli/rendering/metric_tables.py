"""The metrics and the histograms of a run as tables: true names, escaped and cut to the terminal's width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from obrelease.analysis.summary.readable_values import readable
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import table
from obrelease.cli.console.terminal import WIDTH_OF_FILES, cut_text, terminal_width
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.summary.metric_figures import HistogramFigures, MetricFigures
    from obrelease.models.artefact import LeftOutRow, Scalar

SHOWN_ROWS: Final = 50
"""How many metrics, histograms and rows that were left out are shown without `--all`."""

FEW: Final = "*"
"""Marks a percentile beyond which there are too few values."""

_NARROWEST_NAME: Final = 24
_WIDEST_CELL: Final = 60
_GAP: Final = 2
_PLAIN_VALUE: Final = "value"
_LESS_IMPORTANT: Final = ("better", "samples", "max", "min", "figures", "id", "parameters", "group")
"""Columns of metrics that a narrow terminal has no room for, in this order."""


def metric_table(metrics: Sequence[MetricFigures], *, verbose: bool, limit: int | None) -> str:
    """A row a metric, at most `limit` of them, and how many are not shown.

    Args:
        verbose: adds the id of each metric and all further figures.
    """
    shown = metrics if limit is None else metrics[:limit]
    columns = {"metric": [printable(each.metric.name) for each in shown], **_value_columns(shown)}
    if any(each.metric.group for each in shown):
        columns["group"] = [printable(each.metric.group or "-") for each in shown]
    if any(each.metric.parameters for each in shown):
        columns["parameters"] = [scalars_text(each.metric.parameters) or "-" for each in shown]
    if verbose:
        columns["figures"] = [_others(each) or "-" for each in shown]
        columns["id"] = [each.metric.id for each in shown]
    text = _rows(columns, whole=frozenset({"id"}), optional=_LESS_IMPORTANT)
    return _with_rest(text, len(metrics), len(shown), "metric")


def histogram_table(histograms: Sequence[HistogramFigures], *, limit: int | None) -> str:
    """A row a histogram under its own tag, at most `limit` of them, and how many are not shown."""
    from obrelease.analysis.histograms.histogram import MIN_VALUES_BEYOND, enough_beyond

    shown = histograms if limit is None else histograms[:limit]
    columns: dict[str, list[str]] = {
        "histogram": [printable(each.ref.name) for each in shown],
        "clock": [each.ref.clock for each in shown],
        "values": [f"{each.figures.count:,}" for each in shown],
    }
    for name, percent, field in (
        ("p50", 50.0, "p50_ns"),
        ("p90", 90.0, "p90_ns"),
        ("p99", 99.0, "p99_ns"),
        ("p99.9", 99.9, "p999_ns"),
    ):
        columns[name] = [
            readable(getattr(each.figures, field), "ns")
            + ("" if enough_beyond(each.figures.count, percent) else FEW)
            for each in shown
        ]
    columns["max"] = [readable(each.figures.max_ns, "ns") for each in shown]
    text = _rows(columns, optional=("clock", "p90", "max", "values"))
    if any(cell.endswith(FEW) for cells in columns.values() for cell in cells):
        text += f"\n{FEW} fewer than {MIN_VALUES_BEYOND} values are beyond this percentile"
    return _with_rest(text, len(histograms), len(shown), "histogram")


def left_out_table(rows: Sequence[LeftOutRow], *, limit: int | None) -> str:
    """The rows of the imported file that are no results, each with its reason."""
    shown = rows if limit is None else rows[:limit]
    columns = {
        "left out": [printable(row.name) for row in shown],
        "reason": [printable(row.reason) for row in shown],
    }
    return _with_rest(_rows(columns, text="reason"), len(rows), len(shown), "row")


def scalars_text(values: Mapping[str, Scalar]) -> str:
    """Labels or parameters on one line."""
    return ", ".join(f"{printable(key)}={printable(scalar_text(value))}" for key, value in values.items())


def scalar_text(value: Scalar) -> str:
    """A label or a parameter as text: `true` and `false` as in JSON."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_columns(shown: Sequence[MetricFigures]) -> dict[str, list[str]]:
    return {
        "value": [_value(each) for each in shown],
        "min": [_end(each, each.minimum) for each in shown],
        "max": [_end(each, each.maximum) for each in shown],
        "samples": ["-" if each.metric.count is None else f"{each.metric.count:,}" for each in shown],
        "better": [each.metric.direction or "-" for each in shown],
    }


def _value(each: MetricFigures) -> str:
    """The value, and for a summary what it is: the tool kept no samples."""
    text = printable(readable(each.value, each.metric.unit))
    has_one_value = each.metric.summary is None or each.metric.statistic == _PLAIN_VALUE
    return text if has_one_value else f"{text} ({each.metric.statistic})"


def _end(each: MetricFigures, value: float | None) -> str:
    """The least or the greatest sample; nothing for one sample, which is the value."""
    return "-" if each.metric.count == 1 else printable(readable(value, each.metric.unit))


def _others(each: MetricFigures) -> str:
    return ", ".join(
        f"{printable(name)} {printable(readable(value, each.metric.unit))}"
        for name, value in each.others.items()
    )


def _rows(
    columns: Mapping[str, Sequence[str]],
    *,
    whole: frozenset[str] = frozenset(),
    optional: Sequence[str] = (),
    text: str | None = None,
) -> str:
    """The columns as a table; in a file, the first is as wide as the others leave room for."""
    first, *others = columns
    cells = {
        name: [cell if name in whole else cut_text(cell, _WIDEST_CELL) for cell in columns[name]]
        for name in others
    }
    names = columns[first]
    if terminal_width() is None:
        taken = sum(_GAP + max(map(len, (name, *values))) for name, values in cells.items())
        room = max(WIDTH_OF_FILES - taken, _NARROWEST_NAME)
        names = [cut_text(cell, room) for cell in names]
    rows = list(zip(names, *cells.values(), strict=True))
    return table(rows, list(columns), optional=optional, text=text)


def _with_rest(text: str, count: int, shown: int, noun: str) -> str:
    return "\n".join(filter(None, (text, *_rest(count - shown, noun))))


def _rest(hidden: int, noun: str) -> Iterator[str]:
    if hidden > 0:
        yield f"{counted(hidden, f'more {noun}')}: --all shows them, --metric PATTERN selects some"
