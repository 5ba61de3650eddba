"""How an organisation's own system keeps its people in the hub: `sync` for personnel.

Restricted personal data and what an authority decides on, registration and certificates, are no
members of a row: an answer that tells which members differ would tell such data to whoever guesses.
"""

from hub.actions.sync_ledger import Fact, Ledger, Member, Rule, spelt
from hub.actions.sync_rules import of_calls, tidied, too_long
from hub.actor import Can
from hub.errors import Words
from hub.exchange import SyncStatus
from hub.rules.text import tidy

NAME = frozenset({"name"})
GIVEN_NAME = tidied('g."name"')
RULES = (
    *of_calls(Words("人员", "person")),
    Rule(
        "KEY_TAKEN",
        "staffNo",
        "s.id IS NOT NULL AND m.staff_no <> s.staff_no AND EXISTS ("
        " SELECT FROM public.personnel o WHERE o.employer_id = $owner::uuid"
        " AND o.staff_no = m.staff_no AND o.id <> s.id)",
        Words("本机构另一人员已用此工号", "somebody else of the employer has this staff number"),
        SyncStatus.CONFLICT,
        frozenset({"staffNo"}),
    ),
    Rule(
        "KEY_MISSING",
        "staffNo",
        "m.staff_no IS NULL",
        Words("工号不能为空", "the staff number is empty"),
    ),
    Rule("NAME_MISSING", "name", "m.name = ''", Words("姓名不能为空", "the name is empty")),
    *(too_long(column, key) for column, key in {"staff_no": "staffNo", "name": "name"}.items()),
    too_long("title", "title"),
    Rule(
        "NAME_KEPT",
        "name",
        f"s.id IS NOT NULL AND {GIVEN_NAME} <> m.name",
        Words(
            "此人已有登记的证件或注册，姓名以登记为准，未改",
            "this person holds registered certificates: the name stays as registered",
        ),
        None,
        NAME,
    ),
)

PERSONNEL = Ledger(
    noun="Personnel",
    table="public.personnel",
    action="syncPersonnel",
    can=Can.PERSONNEL_WRITE,
    lock="personnel",
    owner="employer_id",
    shape=dict.fromkeys(("externalId", "staffNo", "name", "title"), "text") | {"ifVersion": "int"},
    plain_key="nullif(\"staffNo\", '')",
    normal_keys=spelt("staffNo", tidy),
    row_key="g.given_key",
    key="staff_no",
    made_key="m.staff_no",
    stored="id, version, staff_no, name, title, registered_at",
    members=(
        Member("staff_no", "staffNo", "g.given_key", is_needed=True),
        Member(
            "name",
            "name",
            f"coalesce({GIVEN_NAME}, '')",
            stays="s.registered_at IS NOT NULL OR h.is_certified",
            unset="''",
        ),
        Member("title", "title", 'g."title"'),
    ),
    facts=(
        Fact(
            NAME,
            """
            CROSS JOIN LATERAL (
                SELECT EXISTS (SELECT FROM personnel_certificate c WHERE c.person_id = s.id)
                    AS is_certified
            ) h
            """,
            "",
        ),
    ),
    fixed={"discipline": "'[]'::jsonb"},
    rules=RULES,
)
