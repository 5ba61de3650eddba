"""A hub on a database of the module's own, so that nobody else writes its exports."""

import pytest

from tests.alone import hub, own_url
from tests.doors import HubClient
from tests.exports.verbs import Requester, a_requester


@pytest.fixture
async def firm(hub: HubClient) -> Requester:
    """An enterprise and its administrator."""
    return await a_requester(hub)
