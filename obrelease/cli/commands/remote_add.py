"""`obrelease remote add`: give a shared registry a name in the settings file."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import Session, command


@command("add")
def add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits, _ and -.")],
    place: Annotated[str, typer.Argument(metavar="PLACE", help="oci://HOST/PATH; never with a password.")],
) -> None:
    """Give a shared registry a name in the settings file.

    Only the place is written. Credentials come from where docker, podman and skopeo keep them.
    """
    file = api.add_remote(session.project(), name, place)
    session.out.result({"name": name, "place": place, "file": str(file)}, f"{name}  {place}  in {file}")
