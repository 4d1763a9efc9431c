"""The part of recorded data that is replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obengine.api.errors import WorkloadError
from obengine.feeds.itch50_stream import ItchSelection


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a data file that is replayed.

    Attributes:
        days: dates of a LOBSTER folder or archive, as `YYYY-MM-DD`; empty for all.
        symbols: symbols of a LOBSTER folder or archive, an ITCH file or a DBN file; empty for all.
        from_ns, to_ns: of an ITCH file, the time of day in nanoseconds since midnight; None for no limit. The
            book starts with the orders that are open at `from_ns`.
    """

    days: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None

    def of_lobster(self) -> Selection:
        """The selection, for a LOBSTER day.

        Raises:
            WorkloadError: it has a time of day.
        """
        if self.from_ns is not None or self.to_ns is not None:
            raise WorkloadError("a time of day can be chosen from an ITCH file only")
        return self

    def of_itch(self) -> ItchSelection:
        """The selection, for an ITCH file.

        Raises:
            WorkloadError: it has dates.
        """
        if self.days:
            raise WorkloadError("an ITCH file is one day: days can be chosen from LOBSTER files only")
        return ItchSelection(self.symbols, self.from_ns, self.to_ns)

    def of_databento(self) -> tuple[str, ...]:
        """The symbols, for a DBN file.

        Raises:
            WorkloadError: it has dates or a time of day.
        """
        if self != Selection(symbols=self.symbols):
            raise WorkloadError("only symbols can be chosen from a DBN file")
        return self.symbols

    def require_whole(self, data: str) -> None:
        """Require that nothing is chosen, of data that are replayed as a whole.

        Raises:
            WorkloadError: it has dates, symbols or a time of day.
        """
        if self != EVERYTHING:
            raise WorkloadError(f"{data} is replayed as a whole")


EVERYTHING: Final = Selection()
