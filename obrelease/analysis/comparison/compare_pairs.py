"""Comparison of several pairs of sides, such as the scenarios of two releases, at one level for all."""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.analysis.comparison.compare import (
    Comparison,
    PreparedSides,
    chosen_rows,
    compare_prepared,
    nothing_in_common,
    prepare_sides,
)
from obrelease.analysis.comparison.match_releases import Pair
from obrelease.analysis.comparison.row_selection import RowPattern
from obrelease.analysis.comparison.verdict import Rules
from obrelease.errors import Inconclusive, UsageError

EVERY_ROW = (RowPattern("*"),)


def compare_pairs(
    pairs: Sequence[Pair],
    rules: Rules,
    *,
    force: bool = False,
    same_host: bool = False,
    only: Sequence[RowPattern] = EVERY_ROW,
    list_secondary: bool = True,
) -> list[Comparison | Inconclusive | UsageError]:
    """The comparison of each pair, or the reason why there is none; all are tested together."""
    prepared = prepare_pairs(pairs, rules, force=force, same_host=same_host)
    usable = [each for each in prepared if isinstance(each, PreparedSides) and chosen_rows(each.rows, only)]
    compared = iter(compare_prepared(usable, rules, only=only, list_secondary=list_secondary))
    return [
        each
        if not isinstance(each, PreparedSides)
        else next(compared)
        if chosen_rows(each.rows, only)
        else nothing_in_common(each)
        for each in prepared
    ]


def prepare_pairs(
    pairs: Sequence[Pair], rules: Rules, *, force: bool = False, same_host: bool = False
) -> list[PreparedSides | Inconclusive | UsageError]:
    """Each pair with its rows, or the reason why it does not compare."""
    return [_prepared(pair, rules, force=force, same_host=same_host) for pair in pairs]


def _prepared(
    pair: Pair, rules: Rules, *, force: bool, same_host: bool
) -> PreparedSides | Inconclusive | UsageError:
    try:
        return prepare_sides(pair.base, pair.head, rules, force=force, same_host=same_host)
    except (Inconclusive, UsageError) as error:
        return error
