"""Conversion of commands to network byte order and back."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, Commands

Wire = NDArray[np.void]
"""`COMMAND` records with every field in big-endian order."""

WIRE: Final = COMMAND.newbyteorder(">")


def to_wire(commands: Commands) -> Wire:
    """Convert commands to wire records."""
    return commands.astype(WIRE)


def decode(wire: Wire) -> Commands:
    """Convert wire records to commands by the native core."""
    from obengine.native.pipeline import wire_to_commands

    return wire_to_commands(wire)
