"""Places of repositories in registries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import UsageError
from obrelease.remote.oci.place import parse_place


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("oci://ghcr.io/owner/results", "https://ghcr.io/v2/owner/results"),
        ("oci://host.example:8443/a", "https://host.example:8443/v2/a"),
        ("oci://localhost:5000/a", "http://localhost:5000/v2/a"),
        ("oci://127.0.0.1:5000/a/b-c", "http://127.0.0.1:5000/v2/a/b-c"),
        ("oci://docker.io/owner/results", "https://registry-1.docker.io/v2/owner/results"),
    ],
)
def test_http_is_for_this_machine_alone(text: str, base: str) -> None:
    place = parse_place(text)
    assert (place.base, str(place)) == (base, text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "oci://", "oci:///a", "oci://h", "oci://h/", "https://h/a", "oci://h/A", "oci://h/a//b"),
        *("oci://h/../a", "oci://h/a:tag", "oci://h/a@sha256:0", "oci://u@h/a", "oci://h/a?b", "oci://h/a#b"),
        *(
            "oci://h:port/a",
            "oci://h\n/a",
            "oci://h\\x/a",
            "oci://h/" + "a" * 255,
            "oci://h/a b",
            "oci://h/-a",
        ),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a"):
        parse_place(text)


@given(st.text(max_size=40))
def test_no_text_leads_to_a_user_a_query_or_another_scheme(text: str) -> None:
    try:
        place = parse_place(f"oci://{text}")
    except UsageError:
        return
    assert not set("@?#\\ \n") & set(place.base)
    assert place.base.startswith(f"{place.scheme}://")
