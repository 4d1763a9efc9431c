"""`customSmallerIsBetter` of github-action-benchmark; see `custom`."""

from __future__ import annotations

from typing import Final

from obrelease.importers.custom import directed_importer

IMPORTER: Final = directed_importer("custom-smaller-is-better", "lower")
