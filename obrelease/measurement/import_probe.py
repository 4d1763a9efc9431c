"""Prints where a Python finds the modules of a checkout; a script that needs the standard library alone.

Arguments: the folder that comes first in `sys.path`, or nothing; the checkout; both copies of it.
"""

import json
import os
import pkgutil
import re
import sys
from importlib import metadata, util
from pathlib import Path
from typing import Iterator, List, Optional, Set  # noqa: UP035  an old Python may run this file
from urllib.parse import unquote, urlparse


def main() -> None:
    """Print a JSON document: `modules`, each with its real path, and the inherited `pythonpath`."""
    if sys.path and Path(sys.path[0]).resolve() == Path(__file__).resolve().parent:
        del sys.path[0]
    first, checkout, *copies = sys.argv[1:]
    names = {*_installed([checkout, *copies]), *_on_path(checkout)}
    if first:
        sys.path.insert(0, first)
    found = {name: place for name in sorted(names) for place in [_place(name)] if place}
    json.dump({"modules": found, "pythonpath": os.environ.get("PYTHONPATH", "")}, sys.stdout)


def _inside(path: str, root: str) -> bool:
    real, top = Path(path).resolve(), Path(root).resolve()
    return top == real or top in real.parents


def _installed(roots: List[str]) -> Iterator[str]:  # noqa: UP006
    """The modules of the distributions that were installed from one of the folders, editable or not."""
    for distribution in metadata.distributions():
        try:
            url = json.loads(distribution.read_text("direct_url.json") or "{}").get("url", "")
        except ValueError:
            continue
        path = unquote(urlparse(url).path)
        if url.startswith("file:") and any(_inside(path, root) for root in roots):
            names = (distribution.read_text("top_level.txt") or "").split()
            names.append(re.sub(r"[-.]+", "_", distribution.metadata["Name"]))
            tops = [file.parts[0] for file in distribution.files or ()]
            names += [top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data", ".pth"))]
            yield from (name for name in names if name.isidentifier() and not _is_loader(name))


def _is_loader(name: str) -> bool:
    """Whether a module is a part of how an editable install works, and not of the project."""
    return name == "__pycache__" or "editable" in name


def _on_path(checkout: str) -> Set[str]:  # noqa: UP006
    """The modules in folders of the checkout that `.pth` files or PYTHONPATH put on the path."""
    folders = [each for each in sys.path if _inside(each, checkout)]
    own = [each for each in folders if not _inside(each, sys.prefix)]
    return {module.name for module in pkgutil.iter_modules(own)}


def _place(name: str) -> Optional[str]:  # noqa: UP045
    try:
        spec = util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    locations = list(spec.submodule_search_locations or ())
    place = locations[0] if locations else spec.origin
    return str(Path(place).resolve()) if place and Path(place).exists() else None


if __name__ == "__main__":
    main()
