"""Escaping of untrusted text for GitHub Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from obrelease.analysis.summary.readable_values import readable

_PLAIN = re.compile(r"[A-Za-z0-9 ._+/:;=,()%-]*[A-Za-z0-9._+/:;=,()%-]")
_OWN_UNITS = frozenset({"ns", "msg/s", "B", "bytes", "1", "1/s", "B/s", "%"})


def visible(text: str, *, keep: str = "") -> str:
    """Replace invisible characters by U+FFFD, except those in `keep`.

    They are control, format (bidi overrides) and surrogate characters, line and paragraph separators.
    """
    return "".join(c if c in keep or not _invisible(c) else "\ufffd" for c in text)


def _invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}


def code(text: str) -> str:
    """`text` as inline code that no payload can leave, in table cells and elsewhere.

    Plain text is put between backticks. Anything else becomes `<code>` with numeric character
    references, which CommonMark (section 6.2) never reads as structure; neither mentions nor
    addresses are linked inside code.
    """
    if not text:
        return ""
    if _PLAIN.fullmatch(text) and not text.startswith(" "):
        return f"`{text}`"
    escaped = "".join(
        c if c.isascii() and (c.isalnum() or c == " ") else f"&#{ord(c)};" for c in visible(text)
    )
    return f"<code>{escaped}</code>"


def value_text(value: float | None, unit: str) -> str:
    """A number with its unit, scaled; a unit of another tool is text that anybody may have written."""
    if value is None:
        return ""
    text = readable(value, unit)
    return text if unit in _OWN_UNITS else code(text)


def fence(text: str, language: str = "") -> str:
    """`text` as a fenced block, its fence longer than any run of backticks inside."""
    body = visible(text, keep="\n")
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}{language}\n{body}\n{mark}"


def details(summary: str, *parts: str) -> str:
    """A block that a reader opens; `summary` is plain text, the parts are Markdown already."""
    body = "\n\n".join(parts)
    return f"<details>\n<summary>{escape(summary)}</summary>\n\n{body}\n\n</details>"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """A GitHub table; cells are Markdown already, the columns in `numeric` are aligned right."""
    rule = ["--:" if column in numeric else "--" for column in range(len(header))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *rows))
