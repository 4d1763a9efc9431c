"""Fixtures of the fault tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback_github.forked import Clients, forked_clients


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Starts command lines as processes, forked from one that has loaded the program."""
    with forked_clients(tmp_path_factory.mktemp("clients")) as clients:
        yield clients
