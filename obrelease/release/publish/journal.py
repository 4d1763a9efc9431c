"""The journal of a release: its plan on the disk, so that the next attempt can continue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, NotFound
from obrelease.models.plan import Plan
from obrelease.models.validation import document_bytes, read_document
from obrelease.remote.names import tag_folder
from obrelease.storage.durable import replace_file, sync_folder
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

PLAN_NAME: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """The file with the plan of one tag: `<git common folder>/obrelease/<tag>/plan.json`, `/` as `~`."""

    path: Path

    @classmethod
    def of(cls, git_dir: Path, tag: str) -> Journal:
        """The journal of a tag, in a repository's common git folder."""
        return cls(git_dir / "obrelease" / tag_folder(tag) / PLAN_NAME)

    def load(self) -> Plan | None:
        """The plan as it was last written, or None.

        Raises:
            InvalidInput: the file is not a plan.
        """
        try:
            return read_document(read_bounded(self.path), Plan, str(self.path))
        except NotFound:
            return None
        except InvalidInput as error:
            raise InvalidInput(
                error.message,
                hint=error.hint
                or "check whether the forge has a draft of this tag, then remove that file and start again",
            ) from error

    def remove(self) -> None:
        """Remove the plan; it may be gone already.

        Raises:
            StorageError: the operating system refused; the plan is unchanged.
        """
        with storage_errors(self.path, "cannot be removed"):
            self.path.unlink(missing_ok=True)
            if self.path.parent.is_dir():
                sync_folder(self.path.parent)

    def save(self, plan: Plan) -> None:
        """Replace the plan by one atomic rename, synced.

        Raises:
            StorageError: the operating system refused; the previous plan is unchanged.
        """
        replace_file(self.path, document_bytes(plan), mode=0o600)
