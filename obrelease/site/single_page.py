"""The report: one self-contained page of all histories, their changes, and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from obrelease.registry.entry import Entry
from obrelease.site.assets import overview_script, site_style
from obrelease.site.comparison_pages import ComparisonPage, comparison_parts
from obrelease.site.history_pages import HistoryPage, history_summary, ordered_cards
from obrelease.site.run_pages import run_rows
from obrelease.site.templating import render

MOST_RUNS: Final = 1_000
MOST_HISTORIES: Final = 500
"""Histories with a section of their own; the others have their card alone."""


def single_page(
    pages: Sequence[HistoryPage],
    entries: Sequence[Entry],
    comparisons: Sequence[ComparisonPage],
    *,
    project: str,
) -> bytes:
    """The report; the same bytes for the same runs."""
    cards, machines, labels = ordered_cards(pages)
    by_file = {page.file: page for page in pages}
    shown = [by_file[card["file"]] for card in cards[:MOST_HISTORIES]]
    sections: list[dict[str, Any]] = [history_summary(page) for page in shown]
    return render(
        "report.html.jinja",
        style=site_style(),
        script=overview_script(),
        up="",
        project=project,
        title=f"{project}: report",
        histories=cards,
        machines=machines,
        labels=labels,
        with_section={page.file for page in shown},
        runs=len(entries),
        sections=sections,
        comparisons=[
            {"heading": page.heading, "parts": comparison_parts(page), "not_compared": page.not_compared}
            for page in comparisons
        ],
        rows=run_rows(entries[:MOST_RUNS]),
    )
