"""What a shell asks when the tab is pressed, and the form in which it wants the answer.

The variables and the forms are those of the scripts that `--install-completion` writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from obrelease.cli.console.completion import Offer

INSTRUCTION: Final = "_OBRELEASE_COMPLETE"
_LINE: Final = "_TYPER_COMPLETE_ARGS"
_WORD: Final = "_TYPER_COMPLETE_WORD_TO_COMPLETE"
_FISH_ACTION: Final = "_TYPER_COMPLETE_FISH_ACTION"


class Request(NamedTuple):
    """The command line in front of the cursor.

    Attributes:
        words: the words before the cursor, without the program.
        incomplete: what is typed of the word at the cursor.
        asks_whether: fish only wants to know by the exit code whether there is an answer.
    """

    shell: str
    words: tuple[str, ...]
    incomplete: str
    asks_whether: bool = False

    def answer(self, offers: Sequence[Offer]) -> str:
        """The words that fit, as the shell reads them."""
        return _FORMS[self.shell](offers)


def shell_asks() -> bool:
    """Whether the process was started by a shell's completion, which shows whatever is printed."""
    return INSTRUCTION in os.environ


def read_request(environ: Mapping[str, str] | None = None) -> Request | None:
    """What the shell asks; None if it asks nothing, or for something else than words."""
    environ = os.environ if environ is None else environ
    instruction, _, shell = environ.get(INSTRUCTION, "").partition("_")
    if instruction != "complete" or shell not in _FORMS:
        return None
    if shell == "bash":
        words, at = _split(environ["COMP_WORDS"]), int(environ["COMP_CWORD"])
        return Request(shell, tuple(words[1:at]), words[at] if at < len(words) else "")
    line = environ.get(_LINE, "")
    words = _split(line)[1:]
    if shell in {"powershell", "pwsh"}:
        incomplete = environ.get(_WORD, "")
        return Request(shell, tuple(words[:-1] if incomplete else words), incomplete)
    incomplete = words.pop() if words and not line.endswith(" ") else ""
    return Request(shell, tuple(words), incomplete, environ.get(_FISH_ACTION) == "is-args")


def _split(line: str) -> list[str]:
    """The words of a line, whose last quote may be open."""
    from shlex import shlex

    lexer = shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:  # an open quote
        words.append(lexer.token)
    return words


def _bash(offers: Sequence[Offer]) -> str:
    return "\n".join(word for word, _ in offers)


def _zsh(offers: Sequence[Offer]) -> str:
    if not offers:
        return "_files"
    lines = (f'"{_for_zsh(word)}"' + (f':"{_for_zsh(text)}"' if text else "") for word, text in offers)
    return "_arguments '*: :(({}))'".format("\n".join(lines))


def _for_zsh(text: str) -> str:
    for sign, escaped in (('"', '""'), ("'", "''"), ("$", "\\$"), ("`", "\\`"), (":", r"\\:")):
        text = text.replace(sign, escaped)
    return text


def _fish(offers: Sequence[Offer]) -> str:
    return "\n".join(f"{word}\t{_on_one_line(text)}" if text else word for word, text in offers)


def _on_one_line(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in text)


def _powershell(offers: Sequence[Offer]) -> str:
    return "\n".join(f"{word}:::{text or ' '}" for word, text in offers)


_FORMS: Final[Mapping[str, Callable[[Sequence[Offer]], str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
    "pwsh": _powershell,
}
