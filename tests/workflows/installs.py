"""Finds what a workflow or an action installs: the commands of its steps and of the scripts they call."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

TOOLS: Final = frozenset(
    {
        *("pip", "pip3", "pipx", "uv", "uvx", "poetry", "conda", "npm", "npx", "pnpm", "yarn"),
        *("apt", "apt-get", "brew", "gem", "cargo", "go", "docker", "curl", "wget", "gh"),
    }
)
"""Programs that fetch or install."""
MODULES: Final = frozenset({"pip", "build", "cibuildwheel", "pipx", "uv", "easy_install"})
"""Python modules that fetch or install."""

_SCRIPT: Final = re.compile(r"(?:^|/)((?:scripts|\.ci)/[A-Za-z0-9_.-]+)$")
_SIBLING: Final = re.compile(r"^\$\(dirname ['\"]?\$0['\"]?\)/(?:\.\./)?([A-Za-z0-9_.-]+\.(?:sh|py))$")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_KEYWORDS: Final = frozenset(
    {
        *("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac"),
        *("{", "}", "(", ")", "!", "time", "exec", "command", "sudo", "$sudo", "env"),
    }
)
_HIDDEN: Final = re.compile(
    rf"(?:\$\(|`|<\()\s*(?:{'|'.join(sorted(TOOLS))})\s[^\n]*"
    r"|(?:\beval|\b(?:ba|da|z)?sh -\w*c)\b[^\n]*"
)
_HERE_DOCUMENT: Final = re.compile(
    r"<<-?\s*['\"]?([A-Za-z_]+)['\"]?[^\n]*\n(.*?)^\s*\1\s*$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a step, with the variables that the step sets."""

    where: str
    words: tuple[str, ...]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """The steps of a job or of an action.

    Attributes:
        privileged: whether code of the job can reach a token: a permission to write, a secret, an
            environment, or a step that is handed a token.
    """

    name: str
    privileged: bool
    settings: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]

    def commands(self, root: Path) -> Iterator[Command]:
        """Every command that the steps run, and those of the project's scripts."""
        for number, step in enumerate(self.steps, 1):
            where = f"{self.name}: {step.get('name', number)}"
            yield from shell_commands(step.get("run", ""), where, step.get("env", {}), root)


def jobs(path: Path) -> Iterator[Job]:
    """The jobs of a workflow; an action is one privileged job, because its caller hands it a token."""
    document = yaml.safe_load(path.read_text("utf-8"))
    if "jobs" not in document:
        yield Job(path.parent.name, True, {}, tuple(document["runs"]["steps"]))
        return
    for name, job in document["jobs"].items():
        yield Job(name, is_privileged(document, job), job, tuple(job.get("steps", ())))


def is_privileged(workflow: Mapping[str, Any], job: Mapping[str, Any]) -> bool:
    """Whether code of a job can reach a token; permissions that are not listed count as all."""
    permissions = job.get("permissions", workflow.get("permissions"))
    if not isinstance(permissions, dict) or "write" in permissions.values() or "environment" in job:
        return True
    return (
        re.search(r"\$\{\{[^}]*(secrets|github\.token|toJSON)", yaml.safe_dump(job, width=10_000)) is not None
    )


def shell_commands(text: str, where: str, variables: Mapping[str, str], root: Path) -> Iterator[Command]:
    """The simple commands of a piece of shell, with arrays and scripts of the project resolved."""
    arrays: dict[str, list[str]] = {}
    for hidden in hidden_installs(text):
        yield Command(where, ("unknown", hidden), variables)
    for words in _simple_commands(text, arrays):
        expanded = [part for word in words for part in _expand(word, arrays)]
        while expanded and (expanded[0] in _KEYWORDS or _ASSIGNMENT.match(expanded[0])):
            del expanded[0]
        if not expanded:
            continue
        yield Command(where, tuple(expanded), variables)
        for name in _called_scripts(expanded):
            script = root / name
            source = script.read_text("utf-8") if script.is_file() else ""
            if source.startswith(("#!/usr/bin/env bash", "#!/bin/sh")):
                if PurePosixPath(name).name not in where:
                    yield from shell_commands(source, f"{where} > {script.name}", variables, root)
            elif re.search(r"""["' ](pip|npm|uv|curl|apt-get)["' ]""", source) or not source:
                yield Command(f"{where} > {script.name}", ("unknown", "script", name), variables)


def hidden_installs(text: str) -> list[str]:
    """Tools that are started inside of a substitution or of a quoted text, where no command is seen."""
    plain = _HERE_DOCUMENT.sub("\n", text.replace("\\\n", " "))
    return [found.group().strip() for found in _HIDDEN.finditer(plain)]


def _simple_commands(text: str, arrays: dict[str, list[str]]) -> Iterator[list[str]]:
    plain = _HERE_DOCUMENT.sub("\n", text.replace("\\\n", " "))
    for name, content in re.findall(r"\b(\w+)\+?=\(([^)]*)\)", plain):
        arrays.setdefault(name, []).extend(shlex.split(content, comments=True))
    plain = re.sub(r"\w+\+?=\([^)]*\)", "", plain)
    for line in plain.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words: list[str] = []
        try:
            for word in lexer:
                if set(word) <= set(";&|"):
                    yield words
                    words = []
                else:
                    words.append(word)
        except ValueError:  # a quotation over several lines: take the words as they are
            words = line.split()
        yield words


def _expand(word: str, arrays: Mapping[str, list[str]]) -> list[str]:
    found = re.fullmatch(r"\$\{(\w+)\[@\]\}", word)
    return arrays.get(found[1], [word]) if found else [word]


def _called_scripts(words: list[str]) -> Iterator[str]:
    for word in words:
        if found := _SCRIPT.search(word):
            yield found[1]
        elif found := _SIBLING.search(word):
            yield f"scripts/{found[1]}"


def installer(command: Command) -> tuple[str, tuple[str, ...]] | None:
    """The tool that installs and its arguments, if the command fetches or installs."""
    for number, word in enumerate(command.words):
        rest = command.words[number + 1 :]
        if word == "-m" and rest and rest[0] in MODULES:
            return rest[0], rest[1:]
        if PurePosixPath(word).name in TOOLS and number == 0:
            return PurePosixPath(word).name, rest
    return None
