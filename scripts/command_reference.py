"""What the parser knows of every command, as pages: Markdown for the documentation, roff for `man`.

usage: python scripts/command_reference.py FOLDER   writes the man pages into FOLDER, `man` of the checkout,
                                                    and the words that the shell completes
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer

from obrelease.cli.app import app
from obrelease.cli.command_examples import EXAMPLES
from obrelease.cli.console.complete_line import TABLE
from obrelease.cli.console.help import argument_name
from obrelease.errors import ExitCode

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.completion_table import table_text  # noqa: E402

PROGRAM: Final = "obrelease"
COMMON: Final = frozenset(
    {"--json", "--quiet", "--verbose", "--max-input", "--color", "--no-pager", "--help"}
)
"""Options of every command, which are described once."""

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CommandPage:
    """What the help of one command says.

    Attributes:
        name: the words that name it, without the program; empty for the program itself.
        synopsis: what follows the name on a command line.
        paragraphs: the help text; the first is one sentence.
        arguments, options, commands: each name with its text; options without the common ones.
        examples: command lines. page: the page of the documentation.
    """

    name: str
    synopsis: str
    paragraphs: tuple[str, ...]
    arguments: Rows
    options: Rows
    commands: Rows
    examples: tuple[str, ...]
    page: str

    @property
    def title(self) -> str:
        """The words that are typed."""
        return f"{PROGRAM} {self.name}".strip()


def pages() -> Iterator[CommandPage]:
    """The program, its groups and its commands, each before what is below it."""
    yield from _pages(typer.main.get_command(app), (), None)


def _pages(command: Any, words: tuple[str, ...], parent: Any) -> Iterator[CommandPage]:
    context = command.make_context(words[-1] if words else PROGRAM, [], parent=parent, resilient_parsing=True)
    command = context.command
    records = [
        (param, record) for param in command.get_params(context) if (record := param.get_help_record(context))
    ]
    below = getattr(command, "commands", {})
    name = " ".join(words)
    found = EXAMPLES.get(name)
    yield CommandPage(
        name=name,
        synopsis=" ".join(command.collect_usage_pieces(context)),
        paragraphs=tuple(" ".join(part.split()) for part in (command.help or "").strip().split("\n\n")),
        arguments=tuple((argument_name(r[0]), r[1]) for p, r in records if p.param_type_name == "argument"),
        options=tuple(
            r for p, r in records if p.param_type_name == "option" and (not words or not COMMON & set(p.opts))
        ),
        commands=tuple((each, lazy.help) for each, lazy in below.items()),
        examples=tuple(f"{PROGRAM} {line}" for line in found.lines) if found else (),
        page=found.page if found else "docs/commands.md",
    )
    for each, lazy in below.items():
        yield from _pages(lazy, (*words, each), context)


def markdown(found: Sequence[CommandPage]) -> str:
    """One page with a section for each command."""
    parts = ["# Command line", "What `--help` prints, for every command.", "## Options of every command"]
    parts += [_definitions(found[0].options)]
    for page in found[1:]:
        parts += [
            f"## `{page.title}`",
            f"```text\n{page.title} {page.synopsis}\n```",
            *(_escaped(text) for text in page.paragraphs),
        ]
        parts += [_definitions(rows) for rows in (page.arguments, page.options) if rows]
        parts += (
            [
                "\n".join(
                    f"* [`{page.title} {name}`](#{page.title.replace(' ', '-')}-{name}): {_escaped(text)}"
                    for name, text in page.commands
                )
            ]
            if page.commands
            else []
        )
        parts += ["```sh\n" + "\n".join(page.examples) + "\n```"] if page.examples else []
    return "\n\n".join(parts) + "\n"


def _definitions(rows: Rows) -> str:
    lines = [f"| `{name.replace('|', chr(92) + '|')}` | {_escaped(text)} |" for name, text in rows]
    return "\n".join(["| name | what it is |", "|--|--|", *lines])


def _escaped(text: str) -> str:
    return re.sub(r"([|<>*_\[\]])", r"\\\1", " ".join(text.split()))


def roff(page: CommandPage) -> str:
    """The man page of a command, section 1."""
    name = page.title.replace(" ", "-")
    first = page.paragraphs[0].rstrip(".") if page.paragraphs else ""
    lines = [f'.TH "{name.upper()}" "1" "" "{PROGRAM}" "{PROGRAM}"']
    lines += [".SH NAME", f"{_roff(name)} \\- {_roff(first)}"]
    lines += [".SH SYNOPSIS", f"\\fB{_roff(page.title)}\\fR {_roff(page.synopsis)}"]
    lines += [".SH DESCRIPTION", *(f".PP\n{_roff(text)}" for text in page.paragraphs)]
    for heading, rows in (
        ("ARGUMENTS", page.arguments), ("OPTIONS", page.options), ("COMMANDS", page.commands),
    ):  # fmt: skip
        lines += [f".SH {heading}"] * bool(rows)
        lines += [f".TP\n\\fB{_roff(each)}\\fR\n{_roff(' '.join(text.split()))}" for each, text in rows]
    if page.examples:
        lines += [".SH EXAMPLES", ".nf", *map(_roff, page.examples), ".fi"]
    if not page.name:
        lines += [".SH EXIT STATUS"]
        lines += [f".TP\n\\fB{int(code)}\\fR\n{code.name}" for code in ExitCode]
    lines += [".SH SEE ALSO", _roff(_see_also(page))]
    return "\n".join(lines) + "\n"


def _see_also(page: CommandPage) -> str:
    above = page.title.rpartition(" ")[0].replace(" ", "-")
    found = [f"{above}(1)"] if above else []
    found += [f"{page.title.replace(' ', '-')}-{name}(1)" for name, _ in page.commands]
    return ", ".join([*found, page.page])


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def man_pages() -> dict[str, str]:
    """The man pages by their file names."""
    return {f"{page.title.replace(' ', '-')}.1": roff(page) for page in pages()}


def main() -> None:
    """Write the table of completion and the man pages; remove those of commands that no longer exist."""
    TABLE.write_text(table_text(), "utf-8")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    wanted = man_pages()
    for old in folder.glob("*.1"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
