"""How the ledger of an enterprise's own system becomes the hub's: `sync` for instruments.

The rules are those of `hub.rules.instrument` and `hub.actions.instrument`, said in SQL.
"""

from hub.actions.instrument_sync_rules import RULES, TEXTS
from hub.actions.sync_ledger import (
    Fact,
    Ledger,
    Member,
    list_member,
    object_member,
    spelt,
    texts_member,
    word_member,
)
from hub.actor import Can
from hub.rules.instrument import normal_key

WORDS = {
    "field": "field",
    "management_class": "managementClass",
    "compulsory_purpose": "compulsoryPurpose",
    "verification_form": "verificationForm",
    "calibration_mode": "calibrationMode",
}
TESTED = frozenset({"lastDate", "intervalMonths"})
MOVED = "s.status_moved_at IS NOT NULL"
STATE_STAYS = f"g.\"status\" IS NULL AND s.id IS NOT NULL OR {MOVED} OR s.status = 'SCRAPPED'"
LAST_STAYS = (
    f"t.test_to IS NOT NULL OR {MOVED} AND "
    '(g."lastDate" > s.last_date OR g."lastDate" IS NOT NULL AND s.last_date IS NULL) IS NOT TRUE'
)
"""A certificate of the hub tells of the last test; what was moved here waits for a newer one."""


def _quantity(name: str, key: str) -> list[Member]:
    return [
        Member(f"{name}_value", key, f"(g.\"{key}\"->>'value')::numeric", exact=True),
        Member(f"{name}_unit", key, f"g.\"{key}\"->>'unit'"),
    ]


MEMBERS = (
    Member("asset_no", "assetNo", "g.given_key"),
    Member("name", "name", "coalesce(g.\"name\", '')", unset="''"),
    *(Member(column, key, f'g."{key}"') for column, key in (TEXTS | WORDS).items()),
    list_member("measuring_ranges", "measuringRanges"),
    list_member("max_permissible_errors", "maxPermissibleErrors"),
    object_member("uncertainty", "uncertainty"),
    *_quantity("resolution", "resolution"),
    *_quantity("scale_interval", "scaleInterval"),
    word_member("role", "role", "WORKING"),
    Member("compulsory", "compulsory", 'coalesce(g."compulsory", false)', unset="false"),
    Member("interval_months", "intervalMonths", 'g."intervalMonths"'),
    Member("last_date", "lastDate", 'g."lastDate"', stays=LAST_STAYS),
    Member("purchase_date", "purchaseDate", 'g."purchaseDate"'),
    Member("purchase_price", "purchasePrice", 'round(g."purchasePrice", 2)'),
    texts_member("photo_urls", "photoUrls"),
    word_member("status", "status", "IN_USE")._replace(stays=STATE_STAYS),
)
SHAPE = {
    "externalId": "text",
    "ifVersion": "int",
    "assetNo": "text",
    "name": "text",
    **dict.fromkeys((*TEXTS.values(), *WORDS.values(), "role", "status"), "text"),
    **dict.fromkeys(("measuringRanges", "maxPermissibleErrors", "uncertainty"), "jsonb"),
    **dict.fromkeys(("resolution", "scaleInterval"), "jsonb"),
    **dict.fromkeys(("lastDate", "purchaseDate"), "date"),
    "compulsory": "boolean",
    "intervalMonths": "int",
    "purchasePrice": "numeric",
    "photoUrls": "text[]",
}


def _serial_key(manufacturer: str, serial_no: str) -> str:
    """The key of a row without an asset number: `hub.actions.instrument.ledger_key`."""
    maker, serial = (
        f"replace(replace({part}, '\\', '\\\\'), '|', '\\|')"
        for part in (f"coalesce({manufacturer}, '')", serial_no)
    )
    return f"'SN:' || {maker} || '|' || {serial} || '|1'"


INSTRUMENTS = Ledger(
    noun="Instrument",
    table="instrument",
    action="syncInstruments",
    can=Can.INSTRUMENT_WRITE,
    lock="ledger",
    owner="owner_id",
    shape=SHAPE,
    plain_key="nullif(\"assetNo\", '')",
    normal_keys=spelt("assetNo", normal_key),
    row_key=f"""coalesce(
        g.given_key,
        CASE WHEN g."serialNo" <> '' THEN {_serial_key('g."manufacturer"', 'g."serialNo"')} END
    )""",
    key="ledger_key",
    made_key="d.ledger_key",
    live="retired_at IS NULL",
    members=MEMBERS,
    facts=(
        Fact(
            TESTED,
            """
            LEFT JOIN LATERAL (
                SELECT * FROM (
                    (SELECT c.test_to, c.valid_until,
                            c.kind = 'RESULT_NOTICE' OR c.conclusion = 'UNQUALIFIED' AS failed
                     FROM certificate c -- few of a line, many of a client: no index of those
                     WHERE c.instrument_id = s.id AND (c.client_id = s.owner_id) IS TRUE
                     AND c.test_to IS NOT NULL AND c.state = 'ISSUED' AND c.source_system IS NULL
                     ORDER BY c.test_to DESC, c.id DESC LIMIT 1)
                    UNION ALL
                    SELECT (s.former_test->>'testedOn')::date,
                           (s.former_test->>'validUntil')::date,
                           (s.former_test->>'failed')::boolean
                    WHERE s.former_test IS NOT NULL
                ) AS tests
                ORDER BY test_to DESC, failed DESC LIMIT 1
            ) t ON true
            """,
            """
            CROSS JOIN (
                SELECT NULL::date AS test_to, NULL::date AS valid_until, NULL::boolean AS failed
            ) t
            """,
        ),
    ),
    derived={
        "ledger_key": f"""CASE
            WHEN m.asset_no <> '' THEN m.asset_no
            WHEN coalesce(s.asset_no, '') = '' AND s.serial_no IS NOT DISTINCT FROM m.serial_no
                AND s.manufacturer IS NOT DISTINCT FROM m.manufacturer THEN s.ledger_key
            ELSE {_serial_key("m.manufacturer", "m.serial_no")} END""",
        "due_date": """CASE
            WHEN s.id IS NOT NULL AND m.last_date IS NOT DISTINCT FROM s.last_date
                AND m.interval_months IS NOT DISTINCT FROM s.interval_months THEN s.due_date
            WHEN t.failed THEN NULL
            WHEN t.valid_until IS NOT NULL THEN t.valid_until
            WHEN m.interval_months BETWEEN 1 AND 120 THEN (
                coalesce(t.test_to, m.last_date) + make_interval(months => m.interval_months)
            )::date - 1 END""",
    },
    fixed={"filing_state": "'NONE'"},
    rules=RULES,
)
