"""The forge on GitHub; only `client` imports PyGithub."""

from __future__ import annotations

from obrelease.remote.github.forge import GitHubForge
from obrelease.remote.github.request_timing import RequestTiming

__all__ = ["GitHubForge", "RequestTiming"]
