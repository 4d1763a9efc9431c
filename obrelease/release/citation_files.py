"""`CITATION.cff` and `.zenodo.json`: what GitHub and Zenodo read when somebody cites a release.

Sources: Citation File Format 1.2.0; Zenodo's deposit metadata.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from obrelease.release.init_project import Change, file_change

CITATION: Final = "CITATION.cff"
ZENODO: Final = ".zenodo.json"

_KEYWORDS: Final = ("benchmark", "performance", "reproducibility")


def plan_citation(
    root: Path,
    *,
    project: str,
    license: str | None,  # noqa: A002 - the word of both formats
    repository: str | None,
    force: bool,
) -> tuple[Change, ...]:
    """The two files. Both name the contributors of the project as authors: people are for its owners to name.

    Args:
        license: an SPDX identifier; None if it is not known.
        repository: the address of the repository, or None.
        force: overwrite files that differ.

    Raises:
        UsageError: a path leads through a symbolic link, or a file is not text.
    """
    authors = f"The {project} contributors"
    return (
        file_change(root, CITATION, citation_text(project, authors, license, repository), force=force),
        file_change(root, ZENODO, zenodo_text(project, authors, license, repository), force=force),
    )


def citation_text(project: str, authors: str, spdx: str | None, repository: str | None) -> str:
    """The text of `CITATION.cff`. Its values are quoted as JSON, which YAML reads."""
    lines = [
        "# Written by `obrelease init --citation`. Name the authors: family-names, given-names, orcid.",
        "cff-version: 1.2.0",
        f"title: {_quoted(project)}",
        'message: "If you use these results, please cite them as below."',
        "type: software",
        "authors:",
        f"  - name: {_quoted(authors)}",
    ]
    if repository is not None:
        lines.append(f"repository-code: {_quoted(repository)}")
    if spdx is not None:
        lines.append(f"license: {_quoted(spdx)}")
    lines.append("keywords:")
    lines += [f"  - {_quoted(word)}" for word in _KEYWORDS]
    return "\n".join(lines) + "\n"


def zenodo_text(project: str, authors: str, spdx: str | None, repository: str | None) -> str:
    """The text of `.zenodo.json`; Zenodo takes version and date from the release."""
    document: dict[str, object] = {
        "title": project,
        "upload_type": "software",
        "creators": [{"name": authors}],
        "description": f"Releases of {project}, with benchmark results that a third party can verify.",
        "keywords": list(_KEYWORDS),
    }
    if spdx is not None:
        document["license"] = spdx.lower()
    if repository is not None:
        document["related_identifiers"] = [
            {"identifier": repository, "relation": "isSupplementTo", "scheme": "url"}
        ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
