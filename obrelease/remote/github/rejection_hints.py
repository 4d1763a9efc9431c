"""Why GitHub rejects a request, by the kind of token: what its messages mean, and the cure.

Sources: GitHub's "Permissions required for GitHub Apps", "Automatic token authentication" and
"Troubleshooting the REST API"; semantic-release/github#182 on tokens whose reported permissions are false.
"""

from __future__ import annotations

from typing import Final

_WRITE: Final = "Contents: Read and write"

_BY_MESSAGE: Final = (
    (
        "not accessible by integration",
        "a GitHub App or the token of a workflow may not do this: a workflow's job needs `permissions: "
        f"contents: write`, an App the permission `{_WRITE}` on this repository. "
        "If the released commit changes `.github/workflows`, it needs `workflows` as well",
    ),
    (
        "not accessible by personal access token",
        f"the fine-grained token needs the permission `{_WRITE}` on this repository, and perhaps "
        "the approval of its organisation",
    ),
    (
        "saml",
        "the organisation demands single sign-on: authorise the token for it on GitHub's page of tokens",
    ),
    (
        "archived",
        "the repository is archived; nothing can be released there",
    ),
    (
        "rule violations",
        "a rule of the repository forbids it; an administrator can change the rule",
    ),
)

_BY_STATUS: Final = {
    401: "the token is wrong or has expired",
    403: f"the token may not do this; it needs write access to the repository's contents: `{_WRITE}`, "
    "or the scope `repo` (`public_repo` for a public one) of a classic token",
}

_WRITE_NOT_FOUND: Final = (
    "GitHub answers 404 to a write that the token may not do: a classic token needs the scope `repo` "
    "(`public_repo` for a public repository). A workflow's token gets it too if the released commit "
    "changes `.github/workflows`"
)
_READ_NOT_FOUND: Final = "check the repository's name and that the token can see and write to it"


def rejection_hint(what: str, status: int, message: str) -> str | None:
    """The cure for a rejected request.

    Args:
        what: the request, as `POST /repos/...`.
        message: GitHub's own message.
    """
    lower = message.lower()
    if status in {401, 403, 404, 422}:
        for words, hint in _BY_MESSAGE:
            if words in lower:
                return hint
    if status == 404:
        return _READ_NOT_FOUND if what.startswith(("GET", "download")) else _WRITE_NOT_FOUND
    return _BY_STATUS.get(status)
