"""Jinja templates with autoescape: every text of a run is inert in every page."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from obrelease.errors import UsageError
from obrelease.installation import install_extra
from obrelease.site.assets import Inline, licences

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise UsageError("pages need Jinja", hint=install_extra("site")) from None
    return Environment(
        loader=PackageLoader("obrelease.site", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def require_libraries() -> None:
    """Check that Jinja and uPlot are installed, before anything is written.

    Raises:
        UsageError: one of them is not.
        IntegrityError: uPlot is not the version whose digest is known.
    """
    _environment()
    licences()


def render(
    template: str, *, style: Inline, script: Inline | None, up: str, project: str, **values: Any
) -> bytes:
    """A page as UTF-8.

    Args:
        up: the way to the top folder, such as `../`.
        values: what the template names; texts are escaped.
    """
    page = (
        _environment()
        .get_template(template)
        .render(style=style, script=script, up=up, project=project, **values)
    )
    return page.encode("utf-8", "replace")


def script_data(value: Any) -> str:
    """JSON for a data block: no text in it can end the block or begin a comment."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
