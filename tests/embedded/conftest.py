"""Folders for the embedded servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.given import a_place


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder still to be made, in a place that all accounts may enter."""
    with a_place() as place:
        yield place / "data"
