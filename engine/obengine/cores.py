"""Cores by name: a book from any of them, and why the native one is absent where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

from obengine.api.errors import CoreUnavailable
from obengine.api.protocol import Book
from obengine.reference.book import ReferenceBook

REFERENCE: Final = "reference"
NATIVE: Final = "native"
_EVERY: Final = (NATIVE, REFERENCE)


@dataclass(frozen=True, slots=True)
class NativeBuild:
    """How the native core was made.

    Attributes:
        compiler: name and version of the compiler and the kind of build, such as `GNU 12.2.0 Release`.
        sources_digest: sha256 over its C++ sources, as `engine/build_record.cmake` takes it.
    """

    compiler: str
    sources_digest: str


def native_build() -> NativeBuild | None:
    """The record that was compiled into the native core; None without a core, or one without a record."""
    if native_unavailable_reason() is not None:
        return None
    record = getattr(import_module("obengine._native"), "build_record", None)
    return None if record is None else NativeBuild(*record())


def core_names() -> tuple[str, ...]:
    """The cores that this installation can run, fastest first."""
    return tuple(name for name in _EVERY if name != NATIVE or native_unavailable_reason() is None)


def make_book(name: str, symbols: int = 1) -> Book:
    """A new, empty book.

    Args:
        name: `reference` or `native`.
        symbols: number of symbols, 1 to 65,536.

    Raises:
        CoreUnavailable: there is no such core, or it is not in this installation.
        SymbolError: the number of symbols is out of range.
    """
    require_core(name)
    if name == REFERENCE:
        return ReferenceBook(symbols)
    make = cast("Callable[[int], Book]", import_module("obengine.native.book").NativeBook)
    return make(symbols)


def require_core(name: str) -> None:
    """Refuse a core that cannot run here.

    Raises:
        CoreUnavailable: there is no such core, or it is not in this installation.
    """
    if name not in _EVERY:
        raise CoreUnavailable(f"there is no core {name!r}; the cores are {', '.join(_EVERY)}")
    reason = native_unavailable_reason() if name == NATIVE else None
    if reason is not None:
        raise CoreUnavailable(reason)


def native_unavailable_reason() -> str | None:
    """Why `native` cannot be made here, in one sentence with the way out; None where it can."""
    if find_spec("obengine._native") is None:
        return (
            "the native core was not built into this installation, as happens without a C++20 compiler; "
            "install one and reinstall the package from its source"
        )
    try:
        import_module("obengine._native")
    except ImportError as error:
        return f"the native core cannot be loaded: {error}; reinstall the package for this Python"
    return None
