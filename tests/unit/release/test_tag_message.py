"""The tag's message: what is composed is read back, and nothing can be slipped in."""

from __future__ import annotations

from obrelease.release.verify.tag_message import compose_message, digests_in

DIGESTS = {"manifest": "1" * 64, "bundle": "0" * 64}


def test_composed_digests_are_read_back() -> None:
    message = compose_message("demo", "v1", DIGESTS)
    assert message == f"demo v1\n\nbundle: sha256:{'0' * 64}\nmanifest: sha256:{'1' * 64}\n"
    assert digests_in(message) == DIGESTS


def test_a_second_line_of_a_name_does_not_override_the_first() -> None:
    assert digests_in(compose_message("demo", "v1", DIGESTS) + f"bundle: sha256:{'f' * 64}\n") == DIGESTS


def test_only_whole_lines_of_the_exact_form_count() -> None:
    for line in (
        f"x bundle: sha256:{'0' * 64}",
        f"bundle: {'0' * 64}",
        f"bundle: sha256:{'0' * 63}",
        "bundle:",
    ):
        assert digests_in(f"demo v1\n\n{line}\n") == {}
