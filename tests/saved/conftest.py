"""Accounts of the tests of saved queries."""

import pytest

from tests.doors import HubClient
from tests.exports.verbs import Requester, a_requester


@pytest.fixture
async def firm(hub: HubClient) -> Requester:
    """An enterprise and its administrator."""
    return await a_requester(hub)
