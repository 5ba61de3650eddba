"""What one operation may ask of the hub, until the plan prices it."""

from hub.db import MOST_ROWS
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization

NESTED = """
{ instruments(first: 100) { nodes { certificates(first: 100) { nodes {
  instrument { certificates(first: 100) { nodes {
    instrument { certificates(first: 100) { nodes { number } } } } } } } } } } }
"""


async def test_nested_pages_that_would_fill_the_memory_are_refused_with_a_hint(
    hub: HubClient,
) -> None:
    firm, laboratory = await hub.given(an_organization()), await hub.given(a_laboratory())
    user = await hub.given(a_user(firm, Role.USER))
    line = await hub.given(an_instrument(firm))
    for _ in range(30):
        await hub.given(a_certificate(laboratory.organization, line))

    answer = await hub.ask(NESTED, as_=user)

    assert MOST_ROWS < 30**3
    assert set(answer.codes) == {"COST_EXCEEDED"}
    assert "first" in answer.errors[0]["extensions"]["hint"]
    assert (await hub.ask("{ me { login } }", as_=user)).errors == []
