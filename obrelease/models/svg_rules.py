"""Allow-list for SVG pictures: shapes, text and styles of a plot; nothing active, nothing from outside.

A picture of a run becomes an asset of a release, and a browser may open it as a document of its own. So
elements, attributes and style functions are listed here, and everything else is refused: scripts, event
handlers, animations, links, embedded documents, addresses, entities and processing instructions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

MAX_SVG_BYTES: Final = 16 * 2**20
MAX_DEPTH: Final = 64
MAX_FINDINGS: Final = 20
_MAX_REMEMBERED: Final = 10_000

_SVG_PREFIX: Final = "http://www.w3.org/2000/svg "
_XLINK_HREF: Final = "http://www.w3.org/1999/xlink href"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DOCTYPE: Final = ("svg", "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd", "-//W3C//DTD SVG 1.1//EN", 0)
"""The document type that matplotlib writes; without an internal subset it declares nothing."""

_ELEMENTS_TEXT: Final = (
    "svg g defs title desc metadata style clipPath path rect circle ellipse line polyline polygon "
    "text tspan use linearGradient radialGradient stop"
)
_ELEMENTS: Final = frozenset(_ELEMENTS_TEXT.split())
_METADATA_ELEMENTS: Final = frozenset(
    {f"{_RDF} RDF"}
    | {f"http://creativecommons.org/ns# {name}" for name in ("Work", "Agent")}
    | {
        f"http://purl.org/dc/elements/1.1/ {name}"
        for name in ("type", "format", "title", "date", "creator", "description")
    }
)
_METADATA_ATTRIBUTES: Final = frozenset({f"{_RDF} {name}" for name in ("resource", "about")})
_ATTRIBUTES_TEXT: Final = (
    "id class style transform version type media viewBox preserveAspectRatio width height x y x1 y1 "
    "x2 y2 dx dy cx cy r rx ry fx fy d points pathLength offset clip-path clip-rule clipPathUnits "
    "gradientUnits gradientTransform spreadMethod stop-color stop-opacity color display visibility "
    "opacity fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap "
    "stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset vector-effect shape-rendering "
    "text-rendering font font-family font-size font-style font-weight font-variant font-stretch "
    "text-anchor text-decoration dominant-baseline alignment-baseline baseline-shift letter-spacing "
    "word-spacing rotate textLength lengthAdjust"
)
_ATTRIBUTES: Final = frozenset(_ATTRIBUTES_TEXT.split())
_NOT_A_STYLE: Final = frozenset({"d", "id", "points"})
"""Attributes with coordinates or names, in which a browser looks for no function; `d` can be large."""

_FRAGMENT: Final = re.compile(r"#[A-Za-z0-9_.:-]{1,200}")
_STYLE_FUNCTION: Final = re.compile(r"(?<![A-Za-z-])([A-Za-z-]*)\(\s*([^()]{0,300})")
_STYLE_FUNCTIONS_TEXT: Final = (
    "matrix translate translatex translatey scale scalex scaley rotate skewx skewy rgb rgba hsl hsla"
)
_STYLE_FUNCTIONS: Final = frozenset(_STYLE_FUNCTIONS_TEXT.split())
_AT_RULE: Final = re.compile(r"@([A-Za-z-]*)")
_MEDIA: Final = re.compile(r"@media\s*\(prefers-color-scheme:\s*(?:dark|light)\)")


def svg_findings(data: bytes) -> tuple[str, ...]:
    """What is not allowed in an SVG, each with line and column; empty if it is a passive picture.

    Nothing is fetched and no entity is expanded; reading stops at the first malformed place.
    """
    if len(data) > MAX_SVG_BYTES:
        return (f"larger than {MAX_SVG_BYTES} bytes",)
    return _Reader().read(data)


class _Reader:
    """One pass over a picture."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self._metadata_depth = 0
        self._passive_values: set[str] = set()
        self._referenced: dict[str, str] = {}
        self._contain_use: set[str] = set()
        self._style_text: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._entity
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.XmlDeclHandler = self._declaration

    def read(self, data: bytes) -> tuple[str, ...]:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            where = f"line {error.lineno}, column {error.offset + 1}"
            self._found.append(f"{where}: not well-formed XML: {expat.ErrorString(error.code)}")
        except _TooManyFindings:
            pass
        except (UnicodeDecodeError, LookupError, ValueError):
            self._found.append("is in an encoding that is not read")
        for target in sorted(self._referenced.keys() & self._contain_use):
            self._found.append(f"{self._referenced[target]}: <use> of #{target}, which has a <use> itself")
        return tuple(self._found[:MAX_FINDINGS])

    def _refuse(self, what: str) -> None:
        self._found.append(f"{self._place()}: {what}")
        if len(self._found) >= MAX_FINDINGS:
            raise _TooManyFindings

    def _place(self) -> str:
        parser = self._parser
        return f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._found.append(f"{self._place()}: deeper than {MAX_DEPTH} elements")
            raise _TooManyFindings
        local = name.removeprefix(_SVG_PREFIX)
        in_metadata = self._metadata_depth > 0
        allowed = _METADATA_ELEMENTS if in_metadata else _ELEMENTS
        if local not in allowed:
            self._refuse(f"element {_short(local)} is not allowed")
        elif not self._open and local != "svg":
            self._refuse(f"the first element is {_short(local)}, not svg")
        self._open.append((local, attributes.get("id")))
        if in_metadata or local == "metadata":
            self._metadata_depth += 1
        if local == "use":
            self._contain_use.update(identity for _, identity in self._open if identity is not None)
        for key, value in attributes.items():
            self._attribute(local, key, value, in_metadata)

    def _attribute(self, element: str, key: str, value: str, in_metadata: bool) -> None:
        if in_metadata:
            if key not in _METADATA_ATTRIBUTES:
                self._refuse(f"attribute {_short(key)} is not allowed in metadata")
        elif key in {"href", _XLINK_HREF}:
            if element not in {"use", "linearGradient", "radialGradient"} or not _FRAGMENT.fullmatch(value):
                self._refuse(f"{element} refers to {_short(value)}; only <use> of a #name is allowed")
            elif element == "use":
                self._referenced.setdefault(value[1:], self._place())
        elif key not in _ATTRIBUTES:
            self._refuse(f"attribute {_short(key)} is not allowed")
        elif key in _NOT_A_STYLE or value in self._passive_values:
            pass
        elif problem := _style_problem(value):
            self._refuse(f"attribute {key}: {problem}")
        elif len(self._passive_values) < _MAX_REMEMBERED:
            self._passive_values.add(value)

    def _text(self, text: str) -> None:
        if self._open and self._open[-1][0] == "style":
            self._style_text.append(text)

    def _end(self, _name: str) -> None:
        element, _ = self._open.pop()
        if self._metadata_depth:
            self._metadata_depth -= 1
        if element == "style":
            problem = _style_problem("".join(self._style_text))
            self._style_text.clear()
            if problem:
                self._refuse(f"style: {problem}")

    def _doctype(self, name: str, system: str | None, public: str | None, has_subset: bool) -> None:
        if (name, system, public, has_subset) != _DOCTYPE:
            self._refuse("a document type other than that of SVG 1.1 is not allowed")

    def _entity(self, *_: object) -> None:
        self._found.append(f"{self._place()}: entities are not allowed")
        raise _TooManyFindings

    def _instruction(self, target: str, _data: str) -> None:
        self._refuse(f"processing instruction {_short(target)} is not allowed")

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "us-ascii"}:
            self._refuse(f"encoding {_short(encoding)} is not UTF-8")


class _TooManyFindings(Exception):
    """Stops the parser."""


def _style_problem(text: str) -> str | None:
    """Why a style or the value of an attribute is refused, or None.

    Functions are listed; `url(#name)` is the only one that refers to something. Escapes and comments
    could hide another one.
    """
    if not any(mark in text for mark in "(@\\/"):
        return None
    if "\\" in text or "/*" in text:
        return "escapes and comments are not allowed in styles"
    for rule in _AT_RULE.finditer(text):
        if not _MEDIA.match(text, rule.start()):
            return f"rule @{_short(rule[1])} is not allowed"
    for call in _STYLE_FUNCTION.finditer(text):
        function, argument = call[1].lower(), call[2].strip()
        if function == "url":
            if not _FRAGMENT.fullmatch(argument.strip("\"'")):
                return f"refers to {_short(argument)}; only #name is allowed"
        elif function not in _STYLE_FUNCTIONS | {"media", ""}:
            return f"function {_short(function)}() is not allowed"
        elif function == "" and not argument.lower().startswith("prefers-color-scheme"):
            return "parentheses without a function"
    return None


def _short(text: str) -> str:
    return ascii(text if len(text) <= 60 else f"{text[:57]}...")
