"""All tags that lead to the history of a commit, read by a fixed number of git processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from obrelease.remote.git.objects import tag_messages
from obrelease.remote.names import checked_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.remote.git.process import GitProcess


@dataclass(frozen=True, slots=True)
class ListedTag:
    """A tag of the listing; `message` is "" if the tag is lightweight or too large for a release tag."""

    name: str
    message: str


def tags_in_history(repo: GitProcess, commit: str) -> tuple[ListedTag, ...]:
    """The tags of a commit and of its ancestors, sorted by name.

    Raises:
        RemoteError: git failed.
    """
    names = repo.run(
        "for-each-ref", "--merged", checked_commit(commit), "--format=%(refname:strip=2)", "refs/tags"
    ).split("\n")[:-1]
    messages = dict(tag_messages(repo.git_output))
    return tuple(ListedTag(name, messages.get(name, "")) for name in sorted(names))


def tags_with_folder(repo: GitProcess, names: Sequence[str], folders: Sequence[str]) -> frozenset[str]:
    """Those tags whose commit has one of the folders at least.

    Args:
        folders: relative to the root, with `/`.

    Raises:
        RemoteError: git failed.
    """
    asked = [(name, folder) for name in names for folder in folders]
    if not asked:
        return frozenset()
    lines = "".join(f"refs/tags/{name}^{{commit}}:{folder}\n" for name, folder in asked)
    answers = repo.run("cat-file", "--batch-check=%(objecttype)", stdin=lines.encode("utf-8")).splitlines()
    return frozenset(
        name for (name, _), answer in zip(asked, answers, strict=True) if answer.strip() == "tree"
    )
