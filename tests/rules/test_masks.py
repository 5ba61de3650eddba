"""What is left of personal data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.masks import mask_email, mask_name, mask_phone, mask_resident_id
from tests.rules.vectors import VECTORS

MASKS = VECTORS["resident_id"]["masking"]


@pytest.mark.parametrize("vector", VECTORS["resident_id"]["vectors"])
def test_a_resident_id_shows_its_ends(vector: dict[str, Any]) -> None:
    assert mask_resident_id(vector["id"]) == vector["masked"]


@pytest.mark.parametrize(("clear", "masked"), MASKS["name"])
def test_a_name_shows_its_first_character(clear: str, masked: str) -> None:
    assert mask_name(clear) == masked


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        *MASKS["phone"],
        ("+86 138-1234-5678", "138****5678"),
        ("051265812345", "0512****2345"),
        ("0731-6581234", "0731-***1234"),
        ("(010) 6581234", "*************"),
        ("65812345", "********"),
    ],
)
def test_a_phone_number_keeps_its_ends_and_an_odd_one_nothing(clear: str, masked: str) -> None:
    assert mask_phone(clear) == masked


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        *MASKS["email"],
        ("zh@example.com", "z***@example.com"),
        ("z@example.com", "***@example.com"),
        ("no address", "***"),
        ("", "***"),
    ],
)
def test_an_address_keeps_its_domain(clear: str, masked: str) -> None:
    assert mask_email(clear) == masked


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_middle_of_a_mobile_number_is_gone(phone: str) -> None:
    assert mask_phone(phone) == phone[:3] + "****" + phone[-4:]


@given(st.text(min_size=1))
def test_a_name_of_any_script_shows_at_most_one_character(name: str) -> None:
    masked = mask_name(name)

    assert len(masked.replace("*", "")) <= 1
