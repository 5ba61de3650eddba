"""Which passwords may guard an account."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.password import LONGEST, check_password

WELL_KNOWN = """
    password Password P@ssw0rd p4$$word admin Admin@ Admin qwerty Qwerty! 1qaz2wsx
    abcdef aaaaaa Huawei@ Suzhou jiliang Metrology woaini Welcome! iloveyou enterprise
"""
TAILS = ["", "1", "12", "123", "1234", "12345", "123456", "@123", "2026", "!@#$"]


@pytest.mark.parametrize(
    "text",
    [
        "kJ8#vQ2x",
        "Blue-7-kettle",
        "correct horse battery staple",
        "每天早晨六点半起床去跑步",
        "x7" * 3 + "Gh-93",
    ],
)
def test_a_password_that_is_long_or_varied_and_not_well_known_passes(text: str) -> None:
    check_password(text, "enterprise")


@pytest.mark.parametrize("text", ["", "kJ8#vQ2", "kj8vq2xp", "KJVQXPLM", "kjvqxplmbtw", "83619274"])
def test_a_short_password_needs_three_classes_and_eight_characters(text: str) -> None:
    with pytest.raises(Refused, match="too short or too plain") as refusal:
        check_password(text, "enterprise")

    assert refusal.value.path == ("password",)
    assert refusal.value.hint is not None


def test_two_hundred_well_known_passwords_are_refused() -> None:
    known = [stem + tail for stem, tail in product(WELL_KNOWN.split(), TAILS)]

    passed = [text for text in known if not _is_refused(text, "someone")]

    assert len(known) == 200
    assert passed == []


@pytest.mark.parametrize("text", ["Zhang.wei2026!", "zhang.weizhang.wei", "ZHANG.WEI+kX9"])
def test_a_password_that_lives_on_the_login_is_refused(text: str) -> None:
    assert _is_refused(text, "zhang.wei")
    assert not _is_refused("Gh-93" + text, "li.na")


@given(st.sampled_from("aZ0-计"), st.integers(0, LONGEST))
def test_one_character_repeated_never_passes(character: str, times: int) -> None:
    assert _is_refused(character * times, "someone")


@given(st.text(max_size=2 * LONGEST), st.text(max_size=64))
def test_any_text_is_judged_and_none_beyond_the_limits_passes(text: str, login: str) -> None:
    if not _is_refused(text, login):
        assert 8 <= len(text) <= LONGEST


def _is_refused(text: str, login: str) -> bool:
    try:
        check_password(text, login)
    except Refused:
        return True
    return False
