"""The one page of a sweep: its pictures, the values behind them, and what could not be measured."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.sweeps.plots import ResponsePicture
from obrelease.analysis.sweeps.response import Response
from obrelease.site.assets import site_style
from obrelease.site.templating import render


@dataclass(frozen=True, slots=True)
class SweepSection:
    """A response and its pictures."""

    response: Response
    pictures: tuple[ResponsePicture, ...]


def sweep_page(
    name: str,
    sections: Sequence[SweepSection],
    *,
    project: str,
    state: str,
    hosts: Sequence[str],
    failures: Sequence[str],
) -> bytes:
    """The page as UTF-8; self-contained, without scripts.

    Args:
        state: how many cells are recorded, in words.
        hosts: the machines that measured.
        failures: a line for each cell that failed.
    """
    return render(
        "sweep.html.jinja",
        style=site_style(),
        script=None,
        up="",
        project=project,
        title=f"Sweep {name}",
        name=name,
        state=state,
        hosts=list(hosts),
        sections=[_section(each) for each in sections],
        failures=list(failures),
    )


def _section(section: SweepSection) -> dict[str, Any]:
    response = section.response
    names = list(dict.fromkeys(name for each in response.points for name in each.point))
    return {
        "heading": response.title,
        "names": names,
        "pictures": [
            {"title": each.title, "description": each.description, "source": _data_address(each.svg)}
            for each in section.pictures
        ],
        "rows": [
            {
                "point": [str(each.point.get(name, "")) for name in names],
                "median": readable(each.median, response.unit),
                "low": readable(min(each.values), response.unit),
                "high": readable(max(each.values), response.unit),
                "runs": len(each.values),
            }
            for each in response.points
        ],
    }


def _data_address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
