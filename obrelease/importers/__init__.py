"""Results of other benchmark tools as runs: one file per format.

A format is an `Importer` (`importer.py`): a name, a function that recognises the beginning of a file, and one
that reads a `Source` (`source.py`) and gives `ToolRun` values (`tool_run.py`). Its module ends with a
constant `IMPORTER` and is listed in `formats.BUILT_IN`. A plugin is an entry point of the group that has the
name of this package.
"""
