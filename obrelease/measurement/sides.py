"""Where a benchmark is measured: one folder, or the same folder of two source trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from obrelease.errors import NotFound
from obrelease.measurement.benchmark import Benchmark, command_text
from obrelease.measurement.side_trees import SideTree


@dataclass(frozen=True, slots=True)
class Side:
    """A folder to measure in, and the source that is measured there.

    Attributes:
        name: `base` or `head`, for messages.
        folder: the working folder of the commands.
        commit, dirty: of the tree; None outside of a repository.
        environment: variables of this side alone, which come before those of the benchmark.
    """

    name: str
    folder: Path
    commit: str | None = None
    dirty: bool | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def side_of_tree(tree: SideTree, below: Path) -> Side:
    """The working folder inside a tree.

    Args:
        below: the working folder, relative to the top of the tree.

    Raises:
        NotFound: the tree has no such folder.
    """
    folder = tree.folder / below
    if not folder.is_dir() or not folder.resolve().is_relative_to(tree.folder):
        raise NotFound(
            f"the {tree.name} has no folder {below}",
            hint="start from a folder that both sides have, such as the top of the repository",
        )
    return Side(tree.name, folder, tree.commit, tree.dirty)


def shared_paths(benchmark: Benchmark, root: Path) -> Iterator[str]:
    """Warnings about a command that names the user's own checkout: both sides would use the same files."""
    own = str(root)
    lines = (benchmark.run, benchmark.build)
    texts = [command_text(line) for line in lines if line is not None]
    if any(own in text for text in (*texts, *benchmark.environment.values())):
        yield (
            f"the command names {own} itself, so both sides use the files there;"
            " write paths relative to the working folder"
        )
