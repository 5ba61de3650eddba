"""How a data steward's system keeps the lines of fee notices in the hub: `sync` for fee items.

The rules are those of `hub.rules.fee`, said in SQL; that two lines of one item never hold on the
same day is asked of all lines of an item together, as they would stand after the call.
"""

from hub.actions.sync_ledger import (
    Fact,
    Ledger,
    Member,
    Rule,
    Together,
    list_member,
    word_member,
)
from hub.actions.sync_rules import (
    BLANK,
    bad_price,
    inner_too_long,
    of_calls,
    too_long,
    too_many,
)
from hub.actor import Can
from hub.errors import Words
from hub.exchange import SyncStatus
from hub.rules.fee import CURRENCY, NEEDED

NOTICE = frozenset({"document"})
PRICES = frozenset({"price", "priceKind", "priceTo"})
VALIDITY = frozenset({"effectiveFrom", "effectiveTo"})
NAMES = {
    "code": "code",
    "instrument_name": "instrumentName",
    "accuracy": "accuracy",
    "measuring_range": "measuringRange",
}
TEXTS = NAMES | {"charge_unit": "chargeUnit"}
IDENTITY = ("document_id", *NAMES)
"""What makes a priced item, whose lines follow each other in time."""
DOCUMENT = """
    SELECT d.id FROM fee_document d
    WHERE g."document" <> '' AND (d.number = g."document" OR d.title = g."document")
    ORDER BY d.number = g."document" DESC, d.id LIMIT 1
"""
BETWEEN = r" || E'\x1f' || "
OPEN = "'-infinity'"


def _text(column: str, key: str) -> Member:
    read = f"coalesce(g.\"{key}\", '')"
    return Member(column, key, read, unset="''", is_needed=column in IDENTITY)


def _item(*columns: str) -> str:
    """The key of a priced item: the column `line_key`."""
    return f"hashtextextended({BETWEEN.join(columns)}, 0)"


def _line(item: str, begins: str) -> str:
    """The key of one line of an item: the day from which it holds."""
    return f"{item}::text || '|' || coalesce({begins}::text, '')"


def _of(row: str) -> str:
    """The item of a judged or made row."""
    document, *others = (f"{row}.{column}" for column in IDENTITY)
    return _item(f"{document}::text", *others)


GIVEN_ITEM = _item(f"({DOCUMENT})::text", *(f"coalesce(g.\"{key}\", '')" for key in NAMES.values()))
MEMBERS = (
    Member("document_id", "document", "n.document_id", is_needed=True),
    *(_text(column, key) for column, key in TEXTS.items()),
    word_member("price_kind", "priceKind", "FIXED")._replace(is_needed=True),
    Member("price", "price", 'round(g."price", 2)', is_needed=True),
    Member("price_to", "priceTo", 'round(g."priceTo", 2)'),
    word_member("currency", "currency", CURRENCY),
    list_member("surcharges", "surcharges"),
    Member("effective_from", "effectiveFrom", 'g."effectiveFrom"', is_needed=True),
    Member("effective_to", "effectiveTo", 'g."effectiveTo"', is_needed=True),
    Member("nature", "nature", 'g."nature"', is_needed=True),
    Member("note", "note", 'g."note"'),
)
SHAPE = {
    "externalId": "text",
    "ifVersion": "int",
    **dict.fromkeys(("document", *TEXTS.values(), "currency", "nature", "note"), "text"),
    "priceKind": "text",
    **dict.fromkeys(("price", "priceTo"), "numeric"),
    "surcharges": "jsonb",
    **dict.fromkeys(sorted(VALIDITY), "date"),
}
RULES = (
    *of_calls(Words("收费项目", "fee item")),
    Rule(
        "DOCUMENT_UNKNOWN",
        "document",
        "m.document_id IS NULL",
        Words("资料库中没有此收费文件", "the library has no such fee notice"),
    ),
    Rule(
        "ITEM_FIXED",
        "code",
        "s.id IS NOT NULL AND ("
        + " OR ".join(f"m.{column} IS DISTINCT FROM s.{column}" for column in IDENTITY)
        + ")",
        Words(
            "已有的一行不能改为另一收费项目；请使其失效，另建一行",
            "a line does not become one of another item: end it, and make a new one",
        ),
        SyncStatus.CONFLICT,
    ),
    *(
        Rule(
            "TEXT_MISSING",
            TEXTS[column],
            f"m.{column} ~ '{BLANK}'",
            Words(f"{words.zh}不能为空", f"the {words.en} is empty"),
        )
        for column, words in NEEDED.items()
    ),
    Rule(
        "NATURE_MISSING",
        "nature",
        "m.nature IS NULL",
        Words("收费性质不能为空", "a fee item has a nature"),
    ),
    *(too_long(column, key) for column, key in {**TEXTS, "note": "note"}.items()),
    inner_too_long("surcharges"),
    too_many("surcharges", "jsonb_array_length"),
    bad_price("price"),
    bad_price("priceTo"),
    Rule(
        "BAD_CURRENCY",
        "currency",
        "m.currency !~ '^[A-Z]{3}$'",
        Words("币种为 ISO 4217 的三个大写字母", "a currency is three capitals of ISO 4217"),
        keys=frozenset({"currency"}),
    ),
    Rule(
        "PRICE_MISSING",
        "price",
        "m.price IS NULL AND m.price_kind <> 'NEGOTIATED'",
        Words("除协商定价外须有价格", "only what is negotiated has no price"),
    ),
    Rule(
        "PRICES_REVERSED",
        "priceTo",
        "m.price_to < m.price",
        Words("区间价的上限低于下限", "the upper end of a range of prices is below the lower one"),
        keys=PRICES,
    ),
    Rule(
        "VALIDITY_REVERSED",
        "effectiveTo",
        "m.effective_to < m.effective_from",
        Words("失效日期早于生效日期", "it ends before it begins"),
        keys=VALIDITY,
    ),
)
OVERLAP = Together(
    group=_of("j"),
    clashing=f"""
        SELECT part FROM (
            SELECT part, begins, max(ends) OVER (
                PARTITION BY part ORDER BY begins, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS until
            FROM (
                SELECT part, id, coalesce(effective_from, {OPEN}) AS begins,
                       coalesce(effective_to, 'infinity') AS ends
                FROM fit
                UNION ALL
                SELECT line_key, id, coalesce(effective_from, {OPEN}),
                       coalesce(effective_to, 'infinity')
                FROM fee_item WHERE line_key = ANY (ARRAY(SELECT part FROM fit))
                AND id <> ALL (ARRAY(SELECT id FROM fit))
            ) l
        ) l WHERE begins <= until""",  # noqa: S608 -- our own names
    rule=Rule(
        "FEES_OVERLAP",
        "effectiveFrom",
        "",
        Words(
            "同一收费项目会在同一天有两个价格；其各行一起判定，均未写入",
            "the item would have two prices on one day: its lines are judged together, none is"
            " written",
        ),
    ),
)

FEES = Ledger(
    noun="FeeItem",
    table="fee_item",
    action="syncFees",
    can=Can.REFERENCE_WRITE,
    lock="upsert FeeItem",
    owner=None,
    shape=SHAPE,
    plain_key="NULL::text",
    normal_keys=lambda _: None,
    row_key=_line(GIVEN_ITEM, 'g."effectiveFrom"'),
    key=_line("line_key", "effective_from"),
    made_key=_line(_of("m"), "m.effective_from"),
    members=MEMBERS,
    facts=(
        Fact(
            NOTICE,
            f"CROSS JOIN LATERAL (SELECT ({DOCUMENT}) AS document_id) n",
            "",
        ),
    ),
    rules=RULES,
    together=OVERLAP,
)
