"""The vectors of tests/data, and the numbers that property tests try."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DATA = Path(__file__).parent.parent / "data"


def load(name: str) -> dict[str, Any]:
    """A file of the test data; numbers with a point are Decimals."""
    answer: dict[str, Any] = json.loads((DATA / name).read_text("utf-8"), parse_float=Decimal)
    return answer


VECTORS = load("vectors.json")


def measured(places: int = 12, largest: int = 10**12) -> st.SearchStrategy[Decimal]:
    """Finite decimals of any sign with up to `places` places; zeros at the end are kept."""
    return st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(-exponent),
        st.integers(-largest, largest),
        st.integers(0, places),
    )


def positive(places: int = 6, largest: int = 10**9) -> st.SearchStrategy[Decimal]:
    """Decimals above zero."""
    return measured(places, largest).map(abs).filter(bool)
