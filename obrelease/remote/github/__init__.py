"""Releases on GitHub. PyGithub is imported in this package's `client` and nowhere else."""

from __future__ import annotations

from obrelease.remote.github.forge import GitHubForge
from obrelease.remote.github.retry import Pace

__all__ = ["GitHubForge", "Pace"]
