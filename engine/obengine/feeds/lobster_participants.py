"""Market participants of a LOBSTER file: the last field of its newer message rows, as numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from obengine.feeds.integer_csv import MAX_LABEL, Rows

_FIELDS: Final = 6


class ParticipantNumbers:
    """Numbers participants from 1 on, in the order in which a file names them first."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {0: 0}

    @property
    def names(self) -> tuple[str, ...]:
        """The participant of each number, from 1 on."""
        labels = list(self._numbers)[1:]
        return tuple(label.to_bytes(MAX_LABEL, "little").rstrip(b"\0").decode("ascii") for label in labels)

    def number_rows(self, rows: Rows) -> Rows:
        """Rows of seven fields, the last a participant number; 0 is nobody.

        Args:
            rows: message rows of six fields, or of seven with the label of the participant.
        """
        numbered = np.zeros((len(rows), _FIELDS + 1), dtype=np.int64)
        numbered[:, : rows.shape[1]] = rows
        if rows.shape[1] > _FIELDS:
            labels, first, inverse = np.unique(rows[:, _FIELDS], return_index=True, return_inverse=True)
            for at in np.argsort(first, kind="stable").tolist():
                self._numbers.setdefault(int(labels[at]), len(self._numbers))
            known = np.array([self._numbers[label] for label in labels.tolist()], dtype=np.int64)
            numbered[:, _FIELDS] = known[inverse]
        return numbered
