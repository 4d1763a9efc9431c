"""Release automation and an artefact registry for benchmark results."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("obrelease")
except PackageNotFoundError:
    __version__ = "0+unknown"
