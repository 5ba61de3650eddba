"""How a laboratory's own system keeps its measurement standards in the hub: `sync` for them.

The rules are those of `hub.rules.standard`, said in SQL. What makes a standard a public one is
registered by the platform and no member of a row.
"""

from hub.actions.sync_ledger import (
    Fact,
    Ledger,
    Member,
    Rule,
    list_member,
    object_member,
    spelt,
    texts_member,
    word_member,
)
from hub.actions.sync_rules import (
    BLANK,
    MEASURES,
    inner_too_long,
    of_calls,
    one_too_long,
    too_long,
    too_many,
)
from hub.actor import Can
from hub.errors import Words
from hub.exchange import SyncStatus
from hub.rules.text import tidy

TEXTS = {
    "accuracy_class": "accuracyClass",
    "assessment_certificate_no": "assessmentCertificateNo",
}
LISTS = {
    "measuring_ranges": "measuringRanges",
    "max_permissible_errors": "maxPermissibleErrors",
    "stability": "stability",
    "repeatability": "repeatability",
}
VALIDITY = frozenset({"validFrom", "validTo"})
KEEPER = frozenset({"keeperStaffNo"})
PUBLIC_CHANGED = "(m.kind = 'PUBLIC') <> coalesce(s.kind = 'PUBLIC', false)"
"""A public standard is set up by an authority (计量法 Art. 6), and registered as one."""
WITHDRAWN = "s.state = 'WITHDRAWN'"
"""What was withdrawn here is not called back by a system."""

MEMBERS = (
    Member("code", "code", "g.given_key", is_needed=True),
    Member("name", "name", "coalesce(g.\"name\", '')", unset="''"),
    Member("kind", "kind", 'g."kind"', is_needed=True),
    Member("field", "field", 'g."field"'),
    *(Member(column, key, f'g."{key}"') for column, key in TEXTS.items()),
    *(list_member(column, key) for column, key in LISTS.items()),
    object_member("uncertainty", "uncertainty"),
    Member("valid_from", "validFrom", 'g."validFrom"'),
    Member("valid_to", "validTo", 'g."validTo"'),
    Member("keeper_id", "keeperStaffNo", "k.keeper_id"),
    texts_member("authorized_items", "authorizedItems"),
    word_member("state", "state", "IN_USE")._replace(
        stays=f'g."state" IS NULL AND s.id IS NOT NULL OR {WITHDRAWN}'
    ),
)
SHAPE = {
    "externalId": "text",
    "ifVersion": "int",
    **dict.fromkeys(("code", "name", "kind", "field", *TEXTS.values()), "text"),
    **dict.fromkeys((*LISTS.values(), "uncertainty"), "jsonb"),
    **dict.fromkeys(sorted(VALIDITY), "date"),
    "keeperStaffNo": "text",
    "authorizedItems": "text[]",
    "state": "text",
}
RULES = (
    *of_calls(Words("计量标准", "standard")),
    Rule(
        "KEY_TAKEN",
        "code",
        "s.id IS NOT NULL AND m.code <> s.code AND EXISTS ("
        " SELECT FROM measurement_standard o WHERE o.owner_id = $owner::uuid"
        " AND o.code = m.code AND o.id <> s.id)",
        Words("本机构另一计量标准已用此代码", "another standard of the owner has this code"),
        SyncStatus.CONFLICT,
        frozenset({"code"}),
    ),
    Rule(
        "KEY_MISSING",
        "code",
        "m.code IS NULL",
        Words("计量标准代码不能为空", "a standard needs a code"),
    ),
    Rule(
        "NAME_MISSING",
        "name",
        f"m.name ~ '{BLANK}'",
        Words("计量标准名称不能为空", "a standard needs a name"),
    ),
    Rule(
        "KIND_MISSING",
        "kind",
        "m.kind IS NULL",
        Words("计量标准类别不能为空", "a standard needs a kind"),
    ),
    Rule(
        "PUBLIC_REGISTERED",
        "kind",
        PUBLIC_CHANGED,
        Words(
            "是否社会公用计量标准以登记为准，不由同步改变",
            "whether a standard is a public one is registered, not stated",
        ),
        keys=frozenset({"kind"}),
    ),
    *(too_long(column, key) for column, key in {"code": "code", "name": "name", **TEXTS}.items()),
    *map(inner_too_long, (*LISTS.values(), "uncertainty")),
    one_too_long("authorized_items", "authorizedItems"),
    *(too_many(key, "jsonb_array_length") for key in LISTS.values()),
    too_many("authorizedItems", "cardinality"),
    *MEASURES,
    Rule(
        "VALIDITY_REVERSED",
        "validTo",
        "m.valid_to < m.valid_from",
        Words("有效期至早于生效日期", "it ends before it begins"),
        keys=VALIDITY,
    ),
    Rule(
        "KEEPER_UNKNOWN",
        "keeperStaffNo",
        'g."keeperStaffNo" IS NOT NULL AND k.keeper_id IS NULL',
        Words("本机构没有此工号的人员", "nobody of the owner has this staff number"),
        keys=KEEPER,
    ),
    Rule(
        "STATE_KEPT",
        "state",
        f'{WITHDRAWN} AND g."state" <> s.state',
        Words("计量标准已撤销，状态未改", "the standard was withdrawn: its state stays"),
        None,
        frozenset({"state"}),
    ),
)

STANDARDS = Ledger(
    noun="MeasurementStandard",
    table="measurement_standard",
    action="syncStandards",
    can=Can.STANDARD_WRITE,
    lock="standards",
    owner="owner_id",
    shape=SHAPE,
    plain_key="nullif(\"code\", '')",
    normal_keys=spelt("code", tidy),
    row_key="g.given_key",
    key="code",
    made_key="m.code",
    members=MEMBERS,
    facts=(
        Fact(
            KEEPER,
            """
            LEFT JOIN LATERAL (
                SELECT p.id AS keeper_id FROM public.personnel p
                WHERE p.employer_id = $owner::uuid AND p.staff_no = g."keeperStaffNo" LIMIT 1
            ) k ON true
            """,
            "CROSS JOIN (SELECT NULL::uuid AS keeper_id) k",
        ),
    ),
    rules=RULES,
)
