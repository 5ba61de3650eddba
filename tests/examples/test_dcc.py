"""Every certificate of the demo that may be handed out is a DCC that reads back as it is shown."""

from decimal import Decimal
from typing import Any

from hub.importers.dcc.intake import foreign
from hub.importers.dcc.read import read_dcc
from tests.doors import HubClient

POINT = ("nominal", "reference", "measured", "error", "unit", "u", "k", "mpeLower", "mpeUpper")
SHOWN = f"""
{{ certificates(first: 50) {{ nodes {{
  number state dcc issuer {{ name }} client {{ name }} itemSnapshot {{ name serialNo assetNo }}
  testFrom issueDate printedPersons {{ testedBy checkedBy approvedBy }}
  environment {{ quantity value }}
  results {{ parameter points {{ {" ".join(POINT)} verdict }} }}
}} }} }}
"""


async def test_the_certificates_of_the_demo_read_as_they_are_shown(live: HubClient) -> None:
    answer = await live.ask(SHOWN, as_="lab")

    nodes = answer.data["certificates"]["nodes"]
    assert answer.errors == []
    assert len(nodes) >= 10
    for node in nodes:
        stated = foreign(read_dcc(node["dcc"].encode()), "a.xml", 1)
        assert (stated.number, stated.issuer.name) == (node["number"], node["issuer"]["name"])
        assert stated.client.name == node["client"]["name"]
        assert node["itemSnapshot"].items() <= stated.item.items()
        assert (str(stated.test_from), str(stated.issue_date)) == (
            node["testFrom"],
            node["issueDate"],
        )
        assert stated.persons == node["printedPersons"]
        values = [(one["quantity"], one["value"]) for one in stated.environment]
        assert values == [(one["quantity"], one["value"]) for one in node["environment"]]
        assert [result.parameter for result in stated.results] == [
            result["parameter"] for result in node["results"]
        ]
        for result, told in zip(stated.results, node["results"], strict=True):
            assert [_shown(point) for point in result.points] == [
                tuple(point.values()) for point in told["points"]
            ]


def _shown(point: Any) -> tuple[str | None, ...]:
    """A point as GraphQL shows it."""
    names = ("nominal", "reference", "measured", "error", "unit", "u", "k")
    found = [getattr(point, name) for name in (*names, "mpe_lower", "mpe_upper")]
    told = [format(one, "f") if isinstance(one, Decimal) else one for one in found]
    return (*told, point.verdict)
