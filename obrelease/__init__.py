"""Release automation and an artefact registry for benchmark results."""

__version__: str


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: the look-up takes as long as all else at the start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("obrelease")
    except PackageNotFoundError:
        return "0+unknown"
