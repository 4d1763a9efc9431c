"""The commands and options that the shell completes, as `obrelease/cli/console/command_words.json` has them.

`python scripts/command_reference.py man` writes the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import typer

from obrelease.cli.app import app
from obrelease.cli.console.complete_line import FLAG, VALUE, VALUES
from obrelease.cli.console.completion import what_it_offers

PROGRAM: Final = "obrelease"


def table_text() -> str:
    """The file: a line for each option, argument and group of commands below."""
    return "{\n" + ",\n".join(_command_text(*each) for each in _commands()) + "\n}\n"


def _commands() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _below(typer.main.get_command(app), (), None)


def _below(command: Any, words: tuple[str, ...], parent: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    context = command.make_context(words[-1] if words else PROGRAM, [], parent=parent, resilient_parsing=True)
    command = context.command
    params = [param for param in command.get_params(context) if not param.hidden]
    below = getattr(command, "commands", {})
    yield (
        " ".join(words),
        {
            "commands": {name: lazy.help for name, lazy in below.items()},
            "options": [_option(param) for param in params if param.param_type_name == "option"],
            "arguments": [_argument(param) for param in params if param.param_type_name == "argument"],
        },
    )
    for name, lazy in below.items():
        yield from _below(lazy, (*words, name), context)


def _option(param: Any) -> dict[str, Any]:
    takes = FLAG if param.is_flag or param.count else VALUES if param.multiple else VALUE
    names = [*param.opts, *param.secondary_opts]
    names = sorted(names) if param.name == "help" else names  # the parser has these in no order
    return {"names": names, "param": param.name, "takes": takes, "help": param.help or ""} | _offer(param)


def _argument(param: Any) -> dict[str, Any]:
    return {"param": param.name, "words": param.nargs} | _offer(param)


def _offer(param: Any) -> dict[str, Any]:
    completer = param.type_descriptor.parameter_info.autocompletion
    return {} if completer is None else {"offer": what_it_offers(completer)}


def _command_text(name: str, row: dict[str, Any]) -> str:
    parts = [f'  "commands": {json.dumps(row["commands"])}']
    for key in ("options", "arguments"):
        rows = ",\n".join(f"   {json.dumps(each)}" for each in row[key])
        parts.append(f'  "{key}": [\n{rows}\n  ]' if rows else f'  "{key}": []')
    return f" {json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n }"
