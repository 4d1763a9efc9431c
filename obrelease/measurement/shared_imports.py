"""Keeps two copies of a Python project from importing one and the same installed package."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError, UsageError
from obrelease.measurement.benchmark import Benchmark, command_text
from obrelease.measurement.process import Command, run_once
from obrelease.measurement.sides import Side
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.reporter import Reporter

_PROBE: Final = Path(__file__).with_name("import_probe.py")
_PYTHON: Final = re.compile(r"(python|pypy)[0-9.]*t?")
_FLAGS: Final = re.compile(r"-[bBdEIOPqRsSuv]+")
_VARIABLE: Final = re.compile(r"(PYTHON\w+)=(.*)", re.DOTALL)
_SHEBANG: Final = re.compile(r"#!.*?(\S*(?:python|pypy)[0-9.]*t?)\b|^'''exec' (\S+)", re.MULTILINE)
_PROJECT_FILES: Final = ("pyproject.toml", "setup.py", "setup.cfg")
_SOURCE_FOLDERS: Final = ("src", ".")
_MAX_SCRIPT_BYTES: Final = 512
_MAX_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class _Interpreter:
    """How the benchmark starts Python.

    Attributes:
        words: the program and its flags.
        first: what it puts first on the path, relative to the working folder; None for nothing of the copy.
        variables: those that the command itself sets.
        named: whether the command names it; else it is the `python3` that a build tool would start.
    """

    words: tuple[str, ...]
    first: str | None
    variables: Mapping[str, str]
    named: bool = True


@dataclass(frozen=True, slots=True)
class _Imports:
    """Where a side finds the modules of the project, and the PYTHONPATH that it inherits."""

    modules: Mapping[str, str]
    python_path: str


def separate_imports(
    benchmark: Benchmark, sides: Sequence[Side], checkout: Path, folder: Path, reporter: Reporter
) -> tuple[Side, ...]:
    """Both sides, with a PYTHONPATH of their own if a package of the project is installed for both of them.

    An installed package, editable or not, hides the sources of both copies: the same code would be measured
    twice. The interpreter itself says where it finds the modules, before and after the change.

    Args:
        checkout: the top folder of the user's checkout.
        folder: the working folder in it.

    Raises:
        UsageError: both sides would still import the same files.
    """
    interpreter = _interpreter(benchmark, sides[0].folder)
    if interpreter is None:
        return tuple(sides)
    try:
        before = [_imports(benchmark, interpreter, side, checkout, sides) for side in sides]
    except ObreleaseError:
        return tuple(sides)  # the measurement itself says what is wrong with the command
    shared = _shared(before)
    if not shared:
        return tuple(sides)
    folders = [_sources(name, Path(shared[name]), benchmark, sides, checkout, folder) for name in shared]
    own = [each for each in dict.fromkeys(folders) if each is not None]
    separated = [
        replace(side, environment={"PYTHONPATH": _python_path(side, own, found.python_path)})
        for side, found in zip(sides, before, strict=True)
    ]
    after = [_imports(benchmark, interpreter, side, checkout, sides) for side in separated]
    if remaining := _shared(after):
        message, cure = _refusal(remaining, benchmark)
        if interpreter.named:
            raise UsageError(message, hint=cure)
        reporter.warn(f"{message}, if the benchmark runs {interpreter.words[0]}; {cure}")
        return tuple(sides)
    reporter.note(
        f"{_names(shared)} would be imported from {_first(shared)} by both sides;"
        f" each gets PYTHONPATH={os.pathsep.join(own)} of its own copy"
    )
    return tuple(separated)


def _shared(found: Sequence[_Imports]) -> dict[str, str]:
    """The modules that both sides find in one place."""
    base, head = (each.modules for each in found)
    return {name: place for name, place in base.items() if head.get(name) == place}


def _names(shared: Mapping[str, str]) -> str:
    more = f" and {len(shared) - _MAX_NAMED} more" if len(shared) > _MAX_NAMED else ""
    return ", ".join(list(shared)[:_MAX_NAMED]) + more


def _first(shared: Mapping[str, str]) -> str:
    return str(Path(next(iter(shared.values()))).parent)


def _refusal(shared: Mapping[str, str], benchmark: Benchmark) -> tuple[str, str]:
    message = f"both sides import {_names(shared)} from {_first(shared)}: the same code is measured twice"
    if benchmark.build is not None:
        return message, "--build 'python3 -m pip install --target built .' --env PYTHONPATH=built"
    return (
        message,
        "--env PYTHONPATH=FOLDER with the folder of the sources; if they must be built,"
        " --build 'python3 -m pip install --target built .' --env PYTHONPATH=built",
    )


def _sources(
    name: str, place: Path, benchmark: Benchmark, sides: Sequence[Side], checkout: Path, folder: Path
) -> str | None:
    """The folder with the sources of a module in both copies, relative to the working folder.

    What a build installed stays as it is: its sources alone may not run.
    """
    if place.is_relative_to(checkout.resolve()) and _exists(
        os.path.relpath(place.parent, folder), place.name, sides
    ):
        return os.path.relpath(place.parent, folder)
    if benchmark.build is not None:
        return None
    found = (each for each in _SOURCE_FOLDERS if _exists(each, name, sides))
    return next(found, next((each for each in _SOURCE_FOLDERS if _exists(each, f"{name}.py", sides)), None))


def _exists(below: str, name: str, sides: Sequence[Side]) -> bool:
    return all((side.folder / below / name).exists() for side in sides)


def _python_path(side: Side, own: Sequence[str], inherited: str) -> str:
    folders = [os.path.normpath(side.folder / each) for each in own]
    return os.pathsep.join([*folders, *([inherited] if inherited else [])])


def _imports(
    benchmark: Benchmark, interpreter: _Interpreter, side: Side, checkout: Path, sides: Sequence[Side]
) -> _Imports:
    """The answer of the interpreter where the benchmark runs; nothing if it has none."""
    first = "" if interpreter.first is None else os.path.normpath(side.folder / interpreter.first)
    words = (*interpreter.words, str(_PROBE), first, str(checkout), *(str(each.folder) for each in sides))
    environment = {**benchmark.environment, **side.environment, **interpreter.variables}
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with tempfile.TemporaryFile() as answer:
        run_once(Command(words, side.folder, environment), stdout=answer)
        answer.seek(0)
        printed = answer.read()
    try:
        document = json.loads(printed)
        return _Imports(dict(document["modules"]), str(document["pythonpath"]))
    except (ValueError, LookupError, TypeError):
        return _Imports({}, "")


def _interpreter(benchmark: Benchmark, folder: Path) -> _Interpreter | None:
    """The Python of the command; None if it starts none and the project is not one of Python."""
    try:
        words = shlex.split(command_text(benchmark.run))
    except ValueError:
        words = []
    variables = {match[1]: match[2] for word in words if (match := _VARIABLE.fullmatch(word))}
    for at, word in enumerate(words):
        if _PYTHON.fullmatch(Path(word).name):
            return _started_by(words[at:], variables)
        if script := _python_of_script(word, benchmark, folder):
            return _Interpreter((script,), None, variables)
    if any((folder / name).is_file() for name in _PROJECT_FILES):
        return _Interpreter(("python3",), None, variables, named=False)
    return None


def _started_by(words: Sequence[str], variables: Mapping[str, str]) -> _Interpreter:
    flags = []
    rest = list(words[1:])
    while rest and _FLAGS.fullmatch(rest[0]):
        flags.append(rest.pop(0))
    isolated = any("I" in flag or "P" in flag for flag in flags)
    first = None
    if rest and not isolated:
        first = "." if rest[0] in {"-m", "-c"} else None if rest[0].startswith("-") else _folder_of(rest[0])
    return _Interpreter((words[0], *flags), first, variables)


def _folder_of(script: str) -> str:
    return str(Path(script).parent)


def _python_of_script(word: str, benchmark: Benchmark, folder: Path) -> str | None:
    """The interpreter that the first line of a program names."""
    if "/" in word:
        found: str | None = str(folder / word)
    else:
        found = shutil.which(word, path=benchmark.environment.get("PATH"))
    if found is None:
        return None
    try:
        with Path(found).open("rb") as file:
            start = file.read(_MAX_SCRIPT_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    match = _SHEBANG.match(start) if start.startswith("#!") else None
    if match is None and start.startswith("#!/bin/sh"):
        match = _SHEBANG.search(start, start.find("\n") + 1)
    return (match[1] or match[2]) if match else None
