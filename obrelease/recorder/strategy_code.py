"""The user's own strategy: found by the name that a flag gives, and run as code.

`module:function` is imported from the installed packages. `file.py:function` is loaded from that file. A
module of the current folder is never imported by its name alone: whoever wants it names its file.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from obrelease.errors import NotFound, UsageError
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_HINT: Final = "write --strategy module:function, or --strategy ./file.py:function for a file"
_LOADED: Final = "obrelease_user_strategy_"


@dataclass(frozen=True, slots=True)
class StrategyCode:
    """A function that makes a strategy.

    Attributes:
        name: `module:function`, or `file.py:function` with the base name of the file.
        sha256: of the source file that has the function.
        make: the function; it takes no argument.
    """

    name: str
    sha256: str
    make: Callable[[], object]


def load_strategy(spec: str) -> StrategyCode:
    """Load the code that a flag names.

    Raises:
        UsageError: the text is not of this form, the function is not there, or the code cannot be loaded.
        NotFound: there is no such file or module.
    """
    place, colon, function = spec.rpartition(":")
    if not colon or not place or not function.isidentifier():
        raise UsageError(f"--strategy {spec!r} names no function", hint=_HINT)
    if place.endswith(".py"):
        path = Path(place)
        module, name = _load_file(path), f"{path.name}:{function}"
    else:
        module, name = _import(place), spec
    make = getattr(module, function, None)
    if not callable(make):
        raise UsageError(f"{place} has no function {function!r}", hint=_HINT)
    return StrategyCode(name, _source_digest(module), make)


class _FromSource(SourceFileLoader):
    """Compiles the source, whose digest is recorded: bytecode in `__pycache__` may be that of other code."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """The code of the file as it is now."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise NotFound(f"{path}: no such file", hint=_HINT)
    name = f"{_LOADED}{path.stem}"
    found = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
    if found is None or found.loader is None:
        raise UsageError(f"{path}: cannot be loaded as Python", hint=_HINT)
    module = importlib.util.module_from_spec(found)
    # Dataclasses of the file look their module up by its name.
    sys.modules[name] = module
    with _import_errors(str(path)):
        found.loader.exec_module(module)
    return module


def _import(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{name!r} is not the name of a module", hint=_HINT)
    with _import_errors(name), _without_current_folder():
        return importlib.import_module(name)


@contextmanager
def _import_errors(place: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and place.split(".")[0] == error.name:
            hint = f"install it, or write --strategy ./{place.replace('.', '/')}.py:function for a file"
            raise NotFound(f"there is no installed module {place}", hint=hint) from error
        raise UsageError(f"{place}: {error}", hint="install what the strategy imports") from error
    except Exception as error:  # the user's code may raise anything
        raise UsageError(f"{place}: {type(error).__name__}: {error}", hint="fix the strategy") from error


@contextmanager
def _without_current_folder() -> Iterator[None]:
    """Import as a program elsewhere would: not from the folder that happens to be the current one."""
    before = list(sys.path)
    here = os.path.realpath(".")
    sys.path[:] = [entry for entry in before if entry and os.path.realpath(entry) != here]
    try:
        yield
    finally:
        sys.path[:] = before


def _source_digest(module: ModuleType) -> str:
    source = getattr(module, "__file__", None)
    if not source:
        raise UsageError(f"{module.__name__} has no source file", hint=_HINT)
    return digest_bytes(read_bounded(Path(source)))
