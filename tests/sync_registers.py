"""syncStandards and syncPersonnel, as the tests send them, and what they leave behind."""

from dataclasses import dataclass
from typing import Any

from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import OrgKind, Role
from tests.doors import Answer, Asker, HubClient
from tests.given import a_user, an_organization
from tests.sync_verbs import the_input

TOLD = """
results {
  index externalId status version changed
  object: %s
  problems { code message path severity }
}
counts { created updated unchanged rejected conflict }
changeCursor
replayed
"""


@dataclass(frozen=True)
class Register:
    """A noun that organisations keep in step: its mutation, its table, and a row of it."""

    verb: str
    shown: str
    noun: str
    table: str
    owner: str
    key: str
    row: dict[str, Any]
    change: str
    """A text member that may be changed at will."""

    @property
    def document(self) -> str:
        """The mutation that asks for all there is of each row."""
        head = f"mutation($input: {self.verb[0].upper()}{self.verb[1:]}Input!)"
        return f"{head} {{ done: {self.verb}(input: $input) {{ {TOLD % self.shown} }} }}"

    def a_row(self, at: int, **members: Any) -> dict[str, Any]:
        """The row `at` of what another system keeps."""
        return {"externalId": f"E{at}", self.key: f"K-{at:04}", **self.row, **members}

    async def sync(
        self, hub: HubClient, as_: Asker, *rows: dict[str, Any], key_: str = "", **options: Any
    ) -> Answer:
        """Sync `rows` for who asks; `options` are the other members of the input."""
        return await hub.ask(self.document, as_=as_, input=the_input(*rows, key_=key_, **options))

    async def lines(self, hub: HubClient, of: Organization) -> list[Any]:
        """What is stored for `of`, in the order of its keys."""
        sql = f"SELECT * FROM {self.table} WHERE {self.owner} = :owner ORDER BY 1"  # noqa: S608
        return list(await hub.stored(sql, owner=of.id))

    async def traces(self, hub: HubClient, of: Organization) -> tuple[int, ...]:
        """Sums and counts of what syncs leave behind for `of`.

        Versions, audit rows, announcements, external ids and idempotency keys.
        """
        sql = f"""
            SELECT (SELECT coalesce(sum(version), 0) FROM {self.table} WHERE {self.owner} = :owner),
                   (SELECT count(*) FROM audit_event
                    WHERE organization_id = :owner AND object_type = '{self.noun}'),
                   (SELECT count(*) FROM inbox WHERE object_type = '{self.noun}'
                    AND organization_ids = ARRAY[CAST(:owner AS uuid)]),
                   (SELECT count(*) FROM external_id
                    WHERE organization_id = :owner AND object_type = '{self.noun}'),
                   (SELECT count(*) FROM idempotency_key WHERE principal IN (
                       SELECT CAST(id AS text) FROM user_account WHERE organization_id = :owner))
        """  # noqa: S608
        (found,) = await hub.stored(sql, owner=of.id)
        return tuple(map(int, found))


STANDARDS = Register(
    verb="syncStandards",
    shown="standard { id version code name accuracyClass }",
    noun="MeasurementStandard",
    table="measurement_standard",
    owner="owner_id",
    key="code",
    row={"name": "压力表标准装置", "kind": "WORKING"},
    change="accuracyClass",
)
PERSONNEL = Register(
    verb="syncPersonnel",
    shown="person { id version staffNo name title }",
    noun="Personnel",
    table="personnel",
    owner="employer_id",
    key="staffNo",
    row={"name": "张示范"},
    change="title",
)
REGISTERS = (STANDARDS, PERSONNEL)


@dataclass(frozen=True)
class Lab:
    """A laboratory and the account of its system."""

    owner: Organization
    system: User


async def a_lab(hub: HubClient) -> Lab:
    """A laboratory and the account of its system, stored."""
    owner = await hub.given(an_organization(OrgKind.CALIBRATION_LAB))
    return Lab(owner, await hub.given(a_user(owner, Role.SYSTEM)))
