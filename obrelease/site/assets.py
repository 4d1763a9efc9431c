"""Scripts and styles of the pages: our own from this package, uPlot from its installed distribution.

uPlot (github.com/leeoniya/uPlot, MIT) draws histories. It is a dependency of `obrelease[site]` and is not
copied into this project: it is read from the installed files, which must have the digests below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import Final

from obrelease.errors import IntegrityError, UsageError
from obrelease.installation import install_extra
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import base64_digest, digest_bytes

_DISTRIBUTION: Final = "uplot-python"
_VERSION: Final = "1.1.1"
_SCRIPT: Final = (
    "uplot/static/uPlot.iife.js",
    "655bc8aa33781e8721c5af6b59f1699c03c9bda951aa74a6ab518ac20cc4326d",
)
_STYLE: Final = (
    "uplot/static/uPlot.min.css",
    "3f121cd4a997b634e07a887658850018e475c26f0bddd874109a8d382c19de87",
)


@dataclass(frozen=True, slots=True)
class Inline:
    """Text of a script or a style sheet, and its source expression for a content security policy."""

    text: str

    @property
    def policy(self) -> str:
        """`'sha256-...'`, see the W3C's Content Security Policy Level 3, section 2.3.1."""
        return f"'sha256-{base64_digest(self.text.encode())}'"


@cache
def site_style() -> Inline:
    """Our style sheet."""
    return Inline(_own("site.css"))


@cache
def overview_script() -> Inline:
    """The script of the overview: filters."""
    return Inline(_own("overview.js"))


@cache
def comparison_script() -> Inline:
    """The script of a comparison: filters."""
    return Inline(_own("comparison.js"))


@cache
def flame_script() -> Inline:
    """The script of a flame graph: zoom and search."""
    return Inline(_own("flame.js"))


@cache
def chart_script() -> Inline:
    """uPlot and our script of a history, as one."""
    return Inline(f"{_installed(*_SCRIPT)}\n{_own('history.js')}")


@cache
def chart_style() -> Inline:
    """uPlot's style sheet and ours, as one."""
    return Inline(f"{_installed(*_STYLE)}\n{_own('site.css')}")


def licences() -> str:
    """The licence texts of what the pages contain."""
    script = _installed(*_SCRIPT)
    found = distribution(_DISTRIBUTION)
    header = script.partition("*/")[0].removeprefix("/**").removeprefix("/*")
    return f"uPlot, from {_DISTRIBUTION} {found.version}\n{header.strip()}\n\n{_own('mit-licence.txt')}"


def _own(name: str) -> str:
    return (files("obrelease.site") / "static" / name).read_text("utf-8")


def _installed(path: str, sha256: str) -> str:
    try:
        file = Path(str(distribution(_DISTRIBUTION).locate_file(path)))
    except PackageNotFoundError:
        raise UsageError("pages need uPlot", hint=install_extra("site")) from None
    content = read_bounded(file)
    if (found := digest_bytes(content)) != sha256:
        raise IntegrityError(
            f"{path} of {_DISTRIBUTION} has sha256 {found}, not that of version {_VERSION}",
            hint=f'pip install "{_DISTRIBUTION}=={_VERSION}"',
        )
    return content.decode("utf-8")
