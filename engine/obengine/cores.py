"""The cores by name: which are available, how the native core was built, and books of any core."""

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
    """How the native core was built.

    Attributes:
        compiler: name and version of the compiler, and the build type, such as `GNU 12.2.0 Release`.
        sources_digest: sha256 over the C++ sources, as computed by `engine/build_record.cmake`.
    """

    compiler: str
    sources_digest: str


def native_build() -> NativeBuild | None:
    """The build record of the native core; None if the core or its record is absent."""
    if native_unavailable_reason() is not None:
        return None
    record = getattr(import_module("obengine._native"), "build_record", None)
    return None if record is None else NativeBuild(*record())


def core_names() -> tuple[str, ...]:
    """The available cores, fastest first."""
    return tuple(name for name in _EVERY if name != NATIVE or native_unavailable_reason() is None)


def make_book(name: str, symbols: int = 1) -> Book:
    """Create an empty book.

    Args:
        name: `reference` or `native`.
        symbols: number of symbols, 1 to 65,536.

    Raises:
        CoreUnavailable: unknown core, or not in this installation.
        SymbolError: the number of symbols is out of range.
    """
    require_core(name)
    if name == REFERENCE:
        return ReferenceBook(symbols)
    make = cast("Callable[[int], Book]", import_module("obengine.native.book").NativeBook)
    return make(symbols)


def require_core(name: str) -> None:
    """Require that a core is available.

    Raises:
        CoreUnavailable: unknown core, or not in this installation.
    """
    if name not in _EVERY:
        raise CoreUnavailable(f"unknown core {name!r}; the cores are {', '.join(_EVERY)}")
    reason = native_unavailable_reason() if name == NATIVE else None
    if reason is not None:
        raise CoreUnavailable(reason)


def native_unavailable_reason() -> str | None:
    """Why the native core is unavailable, and the remedy; None if it is available."""
    if find_spec("obengine._native") is None:
        return (
            "the native core was not built, because no C++20 compiler was found; "
            "install one and reinstall the package from source"
        )
    try:
        import_module("obengine._native")
    except ImportError as error:
        return f"the native core cannot be loaded: {error}; reinstall the package for this Python"
    return None
