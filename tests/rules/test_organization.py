"""Codes of organizations, and what people type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.organization import (
    ALPHABET,
    WEIGHTS,
    UsccVerdict,
    normal_uscc,
    uscc_check_digit,
    uscc_verdict,
)
from hub.rules.text import tidy
from tests.rules.vectors import VECTORS

BODIES = st.builds(
    "".join,
    st.tuples(
        st.text(ALPHABET, min_size=2, max_size=2),
        st.text("0123456789", min_size=6, max_size=6),
        st.text(ALPHABET, min_size=9, max_size=9),
    ),
)


@pytest.mark.parametrize("vector", VECTORS["uscc"]["vectors"])
def test_a_code_is_judged_as_it_stands(vector: dict[str, Any]) -> None:
    code = vector["code"]

    assert uscc_verdict(code) == vector["verdict"]
    if vector["check"] is not None:
        assert uscc_check_digit(code.strip()) == vector["check"]


def test_alphabet_and_weights_are_those_of_the_standard() -> None:
    assert VECTORS["uscc"]["alphabet"] == ALPHABET
    assert VECTORS["uscc"]["weights"] == WEIGHTS


@pytest.mark.parametrize(
    "typed", ["91320500may4lr3a1y", " 91320500MAY4LR3A1Y\t", "９１３２０５００ＭＡＹ４ＬＲ３Ａ１Ｙ"]
)
def test_a_code_as_typed_is_normalised_first(typed: str) -> None:
    assert normal_uscc(typed) == "91320500MAY4LR3A1Y"
    assert uscc_verdict(normal_uscc(typed)) is UsccVerdict.OK


def test_letters_in_the_district_are_wrong_characters() -> None:
    assert uscc_verdict("9132050AMAY4LR3A1Y") is UsccVerdict.CHARSET


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(body: str, place: int, other: str) -> None:
    code = body + uscc_check_digit(body)
    changed = code[:place] + other + code[place + 1 :]

    assert uscc_verdict(code) is UsccVerdict.OK
    assert (uscc_verdict(changed) is UsccVerdict.OK) == (changed == code)


@given(st.text())
def test_any_text_gets_a_verdict(text: str) -> None:
    assert uscc_verdict(normal_uscc(text)) in UsccVerdict


@given(st.text())
def test_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidy(text)

    assert tidy(once) == once
    assert once == once.strip()


def test_only_width_and_blanks_are_folded() -> None:
    assert tidy("　Ａ\u200b１ \n 20℃ Ⅲ㎡ ") == "A1 20℃ Ⅲ㎡"
    assert tidy("！～｟") == "!~｟"
    assert tidy("a\u200b\u200c\u200d\u2060\ufeffb") == "ab"
