"""The docstring of a function or class, also where the interpreter dropped it (`PYTHONOPTIMIZE=2`)."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any


def docstring_of(documented: type | Callable[..., Any]) -> str:
    """The docstring without its indentation; empty if there is none.

    The help of a command and the description in a JSON Schema are docstrings, and both must be the same
    in every environment: without docstrings in memory they are read from the source file.
    """
    if documented.__doc__ is not None or sys.flags.optimize < 2:
        return inspect.cleandoc(documented.__doc__ or "")
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(documented))).body
    if not isinstance(definition, ast.FunctionDef | ast.ClassDef):
        return ""
    return ast.get_docstring(definition) or ""
