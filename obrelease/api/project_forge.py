"""The forge of a project."""

from __future__ import annotations

from obrelease.api.project import Project
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.open_forge import open_forge
from obrelease.storage.reporter import Reporter


def forge_of(project: Project, reporter: Reporter) -> Forge:
    """The forge of a project; nothing is sent yet. Raises as `open_forge`.

    Args:
        reporter: receives the time that is left while GitHub's rate limits make us wait.
    """
    return open_forge(
        project.forge,
        releases=project.releases,
        repository=project.repository,
        token=project.token,
        api=project.api,
        note=reporter.note,
    )
