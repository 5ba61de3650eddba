"""What is wrong with a row of any sync: calls, external ids, lengths, ranges, in SQL.

The limits are those of `hub.rules.text` and `hub.rules.measures`.
"""

from hub.actions.sync_ledger import Rule
from hub.errors import Words
from hub.exchange import SyncStatus
from hub.rules.text import LONG_TEXTS, LONGEST, MOST_ITEMS, TIDIER, UNTIDY

BLANK = r"^[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x1c-\x1f]*$"
"""What Python's `strip` leaves nothing of."""


def tidied(text: str) -> str:
    """SQL for `hub.rules.text.tidy` of a text."""
    untidy, tidier = (one.replace("'", "''") for one in (UNTIDY, TIDIER))
    return f"btrim(regexp_replace(translate({text}, '{untidy}', '{tidier}'), ' +', ' ', 'g'))"


def of_calls(thing: Words) -> tuple[Rule, ...]:
    """What any row of a `thing` may be wrong in, whatever it states of it."""
    return (
        Rule(
            "DUPLICATE_ROW",
            None,
            "(g.id IS NOT NULL OR g.row_key IS NOT NULL) AND g.nth > 1"
            ' OR g."externalId" IS NOT NULL AND g.nth_id > 1',
            Words(
                f"本次同步中前面已有同一{thing.zh}的行",
                f"an earlier row of this call is of the same {thing.en}",
            ),
        ),
        Rule(
            "STALE_VERSION",
            "ifVersion",
            'g."ifVersion" <> s.version',
            Words("数据已有更新的版本，见 version", "the row has a newer version, see version"),
            SyncStatus.CONFLICT,
            frozenset({"ifVersion"}),
        ),
        Rule(
            "NOT_THERE",
            "ifVersion",
            'g."ifVersion" IS NOT NULL AND s.id IS NULL',
            Words(f"台账中还没有此{thing.zh}", f"the ledger has no such {thing.en} yet"),
            SyncStatus.CONFLICT,
            frozenset({"ifVersion"}),
        ),
        Rule(
            "EXTERNAL_ID_TAKEN",
            "externalId",
            "g.named_id IS NULL AND s.id IS NOT NULL AND EXISTS ("
            " SELECT FROM external_id o WHERE o.object_id = s.id"
            " AND o.organization_id = $owner::uuid"
            ' AND o.source = $source::text AND o.external_id <> g."externalId")',
            Words(
                f"此来源已以另一外部编号同步过{thing.zh}",
                f"the source knows this {thing.en} by another external id",
            ),
            SyncStatus.CONFLICT,
            frozenset({"externalId"}),
        ),
        Rule(
            "EXTERNAL_ID_EMPTY",
            "externalId",
            f'g."externalId" ~ \'{BLANK}\' OR length(g."externalId") > {LONGEST}',
            Words(
                f"外部编号须为 1 至 {LONGEST} 个字符",
                f"an external id has 1 to {LONGEST} characters",
            ),
            keys=frozenset({"externalId"}),
        ),
    )


def too_long(column: str, key: str) -> Rule:
    """A text."""
    return _length(key, LONG_TEXTS.get(column, LONGEST), f'length(g."{key}") > {{most}}')


def one_too_long(column: str, key: str) -> Rule:
    """One of a list of texts."""
    most = LONG_TEXTS.get(column, LONGEST)
    found = f'EXISTS (SELECT FROM unnest(g."{key}") AS i(x) WHERE length(i.x) > {{most}})'
    return _length(key, most, found)


def inner_too_long(key: str) -> Rule:
    """Every text inside a JSON value."""
    texts = f'jsonb_path_query(g."{key}", \'strict $.** ? (@.type() == "string")\')'
    found = f"EXISTS (SELECT FROM {texts} AS i(x) WHERE length(i.x #>> '{{{{}}}}') > {{most}})"
    return _length(key, LONGEST, found)


def _length(key: str, most: int, condition: str) -> Rule:
    return Rule(
        "TEXT_TOO_LONG",
        key,
        condition.format(most=most),
        Words(f"文字长度不得超过 {most} 个字符", f"a text has at most {most} characters"),
        keys=frozenset({key}),
    )


def too_many(key: str, length: str) -> Rule:
    """A list, whose items the function `length` counts."""
    return Rule(
        "TOO_MANY_ITEMS",
        key,
        f'{length}(g."{key}") > {MOST_ITEMS}',
        Words(f"至多 {MOST_ITEMS} 项", f"at most {MOST_ITEMS} items"),
        keys=frozenset({key}),
    )


def bad_price(key: str) -> Rule:
    """An amount of money: `hub.values.fen`."""
    return Rule(
        "BAD_PRICE",
        key,
        f'g."{key}" NOT BETWEEN 0 AND 999999999999.99 OR g."{key}" <> round(g."{key}", 2)',
        Words(
            "金额须不小于 0，且至多两位小数",
            "an amount of money is not negative and has at most two decimals",
        ),
        keys=frozenset({key}),
    )


MEASURES = (
    Rule(
        "RANGE_REVERSED",
        "measuringRanges",
        "EXISTS (SELECT FROM jsonb_array_elements(m.measuring_ranges) AS i(x)"
        " WHERE (i.x->>'lower')::numeric > (i.x->>'upper')::numeric)",
        Words("测量范围的下限大于上限", "the lower limit of a range is above the upper one"),
        keys=frozenset({"measuringRanges"}),
    ),
    Rule(
        "BAD_UNCERTAINTY",
        "uncertainty",
        "(m.uncertainty->>'u')::numeric <= 0 OR (m.uncertainty->>'k')::numeric < 1",
        Words("扩展不确定度须大于 0，包含因子须不小于 1", "U must be above 0, and k 1 at least"),
        keys=frozenset({"uncertainty"}),
    ),
)
"""The rules of `hub.rules.measures`."""
