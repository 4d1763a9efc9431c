"""SVG pictures: what plots need is allowed, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.analysis.kinds.profile.flame_graph import flame_graph
from obrelease.analysis.plots.latency_curve import latency_curve
from obrelease.models.svg_rules import MAX_DEPTH, MAX_SVG_BYTES, svg_findings
from tests.made_up_runs import latencies

RESULTS = Path(__file__).resolve().parents[3] / "results"
NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def picture(inside: str, attributes: str = "") -> bytes:
    return f"<svg {NAMESPACES} {attributes}>{inside}</svg>".encode()


ALLOWED = {
    "empty": picture(""),
    "without a namespace": b"<svg/>",
    "shapes and text": picture('<g id="a" class="b"><circle r="1"/><text x="1">a &lt; b &#169;</text></g>'),
    "a local reference": picture(
        '<defs><path id="m" d="M 0 0"/><clipPath id="c"><rect width="1"/></clipPath></defs>'
        '<g clip-path="url(#c)"><use xlink:href="#m" x="1"/><use href="#m"/></g>'
    ),
    "a gradient": picture(
        '<linearGradient id="l"><stop offset="0" stop-color="rgb(1,2,3)"/></linearGradient>'
        '<linearGradient id="k" href="#l"/><rect fill="url( &quot;#k&quot; )"/>'
    ),
    "both themes": picture("<style>@media(prefers-color-scheme:dark){[fill='#fff']{fill:#000}}</style>"),
    "a transformation": picture('<g transform="translate(1 2) scale(1 -1) rotate(90) matrix(1 0 0 1 0 0)"/>'),
    "a comment": b"<!-- <script/> -->" + picture("<!-- onload -->"),
    "declared as UTF-8": b'<?xml version="1.0" encoding="UTF-8"?>' + picture(""),
}

REFUSED = {
    "script": (picture("<script>alert(1)</script>"), "element 'script'"),
    "script of another namespace": (
        picture('<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>'),
        "xhtml script' is not allowed",
    ),
    "foreign object": (picture("<foreignObject/>"), "'foreignObject'"),
    "animation": (picture('<set attributeName="onload"/>'), "element 'set'"),
    "animation of a link": (picture('<animate attributeName="href"/>'), "element 'animate'"),
    "link": (picture('<a href="javascript:alert(1)"/>'), "element 'a'"),
    "image": (picture('<image href="data:image/png;base64,AA"/>'), "element 'image'"),
    "filter image": (picture('<filter><feImage href="https://x"/></filter>'), "element 'filter'"),
    "document in metadata": (picture('<metadata><svg onload="x()"/></metadata>'), "element 'svg'"),
    "handler in metadata": (
        picture(
            '<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" onload="x"/></metadata>'
        ),
        "in metadata",
    ),
    "handler": (picture("", 'onload="alert(1)"'), "attribute 'onload'"),
    "handler in capitals": (picture('<g ONCLICK="x"/>'), "attribute 'ONCLICK'"),
    "base address": (picture("", 'xml:base="https://x/"'), "namespace base'"),
    "outside use": (picture('<use href="https://x/a.svg#b"/>'), "use refers to 'https://x"),
    "outside use, old form": (picture('<use xlink:href="//x/a.svg#b"/>'), "use refers to"),
    "data use": (picture('<use href="data:image/svg+xml;base64,AA#x"/>'), "use refers to"),
    "reference on another element": (picture('<path href="#a"/>'), "path refers to"),
    "outside paint": (picture('<rect fill="url(https://x)"/>'), "attribute fill: refers to"),
    "outside paint in capitals": (picture("<rect fill=\"URL('//x')\"/>"), "attribute fill: refers to"),
    "outside paint, not closed": (picture('<rect fill="url(//x"/>'), "attribute fill: refers to"),
    "outside paint in a style": (picture('<rect style="fill:url(//x)"/>'), "attribute style: refers to"),
    "escaped function": (picture('<rect style="fill:u\\72l(//x)"/>'), "escapes"),
    "comment in a function": (picture('<rect style="fill:url/**/(//x)"/>'), "comments"),
    "image set": (picture('<rect style="cursor:image-set(//x 1x)"/>'), "function 'image-set'"),
    "import": (picture("<style>@import 'https://x';</style>"), "rule @'import'"),
    "font": (picture("<style>@font-face{src:url(https://x)}</style>"), "rule @'font-face'"),
    "import in a section": (picture("<style><![CDATA[@import 'x';]]></style>"), "rule @'import'"),
    "import in characters": (picture("<style>&#64;import 'x';</style>"), "rule @'import'"),
    "import by parts": (picture("<style>@im<!-- -->port 'x';</style>"), "rule @'import'"),
    "document type": (b'<!DOCTYPE svg SYSTEM "https://x/y.dtd">' + picture(""), "document type"),
    "entity": (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + picture("&a;"), "entities"),
    "laughs": (
        b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>' + picture("&b;"),
        "entities",
    ),
    "parameter entity": (b'<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///x"> %a;]>' + picture(""), "entities"),
    "style sheet": (b'<?xml-stylesheet href="https://x"?>' + picture(""), "xml-stylesheet"),
    "circle of uses": (
        picture('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
        "which has a <use>",
    ),
    "tower of uses": (
        picture(
            "".join(f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(1, 30))
        ),
        "which has a <use>",
    ),
    "another root": (b'<g xmlns="http://www.w3.org/2000/svg"/>', "the first element"),
    "HTML": (b"<html><body/></html>", "element 'html'"),
    "another encoding": (b'<?xml version="1.0" encoding="utf-7"?>' + picture(""), "not UTF-8"),
    "not XML": (b"\x89PNG", "not well-formed"),
    "cut": (picture("")[:-3], "not well-formed"),
    "nothing": (b"", "not well-formed"),
    "two documents": (picture("") + picture(""), "not well-formed"),
}

SHAPES: dict[str, Callable[[int], bytes]] = {
    "style letters": lambda n: picture(f"<style>{'a' * n}(</style>"),
    "style parentheses": lambda n: picture(f"<style>{'(' * n}</style>"),
    "style spaces": lambda n: picture(f"<style>url({' ' * n}x</style>"),
    "style rules": lambda n: picture(f"<style>{'@media ' * (n // 7)}</style>"),
    "attribute": lambda n: picture(f'<g fill="{"url(#a) " * (n // 8)}"/>'),
    "elements": lambda n: picture("<g/>" * (n // 4)),
    "uses": lambda n: picture('<use href="#a"/>' * (n // 16)),
    "text": lambda n: picture(f"<text>{'&lt;' * (n // 4)}</text>"),
    "comment": lambda n: picture(f"<!--{' -' * (n // 2)} -->"),
    "path": lambda n: picture(f'<path d="{"1 " * (n // 2)}"/>'),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_passive_picture_is_allowed(name: str) -> None:
    assert svg_findings(ALLOWED[name]) == ()


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused_with_its_place(name: str) -> None:
    data, message = REFUSED[name]
    found = svg_findings(data)
    assert any(message in each for each in found), found
    assert found[0].startswith("line ")


def test_our_own_plots_are_passive() -> None:
    stacks = {("main", "apply <b>"): 600, ("main",): 400}
    assert svg_findings(flame_graph(stacks, title="a & b <script>")) == ()
    plot = latency_curve({"core <x>": latencies(1.0)}, title="url(https://x) @import", clock="service")
    assert svg_findings(plot) == ()


def test_every_committed_plot_is_passive() -> None:
    plots = sorted(RESULTS.rglob("*.svg"))
    assert len(plots) >= 40
    assert {path.name: svg_findings(path.read_bytes()) for path in plots} == {path.name: () for path in plots}


def test_size_depth_and_findings_are_bounded() -> None:
    assert svg_findings(b" " * (MAX_SVG_BYTES + 1)) == (f"larger than {MAX_SVG_BYTES} bytes",)
    assert svg_findings(picture("<g>" * (MAX_DEPTH - 1) + "</g>" * (MAX_DEPTH - 1))) == ()
    deep = svg_findings(picture("<g>" * 100_000))
    assert len(deep) == 1
    assert f"deeper than {MAX_DEPTH}" in deep[0]
    assert len(svg_findings(picture("<a/>" * 1_000))) == 20


@pytest.mark.parametrize("shape", SHAPES)
def test_the_cost_grows_with_the_size_alone(shape: str) -> None:
    def cost(size: int) -> float:
        data = SHAPES[shape](size)
        times = []
        for _ in range(3):
            start = time.process_time()
            svg_findings(data)
            times.append(time.process_time() - start)
        return min(times)

    assert cost(400_000) < 2.5 * 4 * max(cost(100_000), 0.001)
