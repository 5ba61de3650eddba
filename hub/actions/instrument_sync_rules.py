"""What is wrong with a row of a ledger sync: the rules of instruments, said in SQL.

They are those of `hub.rules.instrument` and `hub.actions.instrument`; `tests/test_sync_rules.py`
holds both equal.
"""

from hub.actions.sync_ledger import Rule
from hub.errors import Words
from hub.exchange import SyncStatus
from hub.rules.text import LONG_TEXTS, LONGEST, MOST_ITEMS

BLANK = r"^[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x1c-\x1f]*$"
"""What Python's `strip` leaves nothing of."""
TEXTS = {
    "fixed_asset_no": "fixedAssetNo",
    "model_spec": "modelSpec",
    "serial_no": "serialNo",
    "manufacturer": "manufacturer",
    "origin": "origin",
    "accuracy_class": "accuracyClass",
    "catalogue_item": "catalogueItem",
    "catalogue_kind": "catalogueKind",
    "compulsory_code": "compulsoryCode",
    "department": "department",
    "location": "location",
    "custodian": "custodian",
    "install_district": "installDistrict",
    "purchase_supplier": "purchaseSupplier",
    "remark": "remark",
}
RULED = frozenset({"compulsory", "compulsoryPurpose", "calibrationMode", "intervalMonths"})
COMPULSORY_CHANGED = (
    "(s.id IS NULL OR m.compulsory <> s.compulsory"
    " OR m.compulsory_purpose IS DISTINCT FROM s.compulsory_purpose"
    " OR m.calibration_mode IS DISTINCT FROM s.calibration_mode"
    " OR m.interval_months IS DISTINCT FROM s.interval_months)"
)


def _too_long(column: str, key: str) -> Rule:
    most = LONG_TEXTS.get(column, LONGEST)
    text = 'g."assetNo"' if key == "assetNo" else f'g."{key}"'
    return Rule(
        "TEXT_TOO_LONG",
        key,
        f"length({text}) > {most}",
        Words(f"文字长度不得超过 {most} 个字符", f"a text has at most {most} characters"),
        keys=frozenset({key}),
    )


def _inner_too_long(key: str) -> Rule:
    """Every text inside a JSON value."""
    texts = f'jsonb_path_query(g."{key}", \'strict $.** ? (@.type() == "string")\')'
    return Rule(
        "TEXT_TOO_LONG",
        key,
        f"EXISTS (SELECT FROM {texts} AS i(x) WHERE length(i.x #>> '{{}}') > {LONGEST})",
        Words(f"文字长度不得超过 {LONGEST} 个字符", f"a text has at most {LONGEST} characters"),
        keys=frozenset({key}),
    )


def _too_many(key: str, length: str) -> Rule:
    return Rule(
        "TOO_MANY_ITEMS",
        key,
        f'{length}(g."{key}") > {MOST_ITEMS}',
        Words(f"至多 {MOST_ITEMS} 项", f"at most {MOST_ITEMS} items"),
        keys=frozenset({key}),
    )


LONGEST_URL = LONG_TEXTS["photo_urls"]
PHOTOS_TOO_LONG = Rule(
    "TEXT_TOO_LONG",
    "photoUrls",
    f'EXISTS (SELECT FROM unnest(g."photoUrls") AS i(x) WHERE length(i.x) > {LONGEST_URL})',
    Words(f"文字长度不得超过 {LONGEST_URL} 个字符", f"a text has at most {LONGEST_URL} characters"),
    keys=frozenset({"photoUrls"}),
)
RULES = (
    Rule(
        "DUPLICATE_ROW",
        None,
        "(g.id IS NOT NULL OR g.row_key IS NOT NULL) AND g.nth > 1"
        ' OR g."externalId" IS NOT NULL AND g.nth_id > 1',
        Words(
            "本次同步中前面已有同一器具的行",
            "an earlier row of this call is of the same instrument",
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
        Words("台账中还没有此器具", "the ledger has no such instrument yet"),
        SyncStatus.CONFLICT,
        frozenset({"ifVersion"}),
    ),
    Rule(
        "RETIRED",
        "externalId",
        "s.retired_at IS NOT NULL",
        Words("此器具已退出台账", "this instrument has left the ledger"),
        SyncStatus.CONFLICT,
        frozenset({"externalId"}),
    ),
    Rule(
        "KEY_TAKEN",
        "assetNo",
        "s.id IS NOT NULL AND d.ledger_key <> s.ledger_key AND EXISTS ("
        " SELECT FROM instrument o WHERE o.owner_id = $owner::uuid AND o.retired_at IS NULL"
        " AND o.ledger_key = d.ledger_key AND o.id <> s.id)",
        Words(
            "本机构台账中另一件器具已用此管理编号（或制造单位与出厂编号）",
            "another instrument of the ledger has this asset number (or maker and serial number)",
        ),
        SyncStatus.CONFLICT,
    ),
    Rule(
        "EXTERNAL_ID_TAKEN",
        "externalId",
        "g.named_id IS NULL AND s.id IS NOT NULL AND EXISTS ("
        " SELECT FROM external_id o WHERE o.object_id = s.id AND o.organization_id = $owner::uuid"
        ' AND o.source = $source::text AND o.external_id <> g."externalId")',
        Words(
            "此来源已以另一外部编号同步过这件器具",
            "the source knows this instrument by another external id",
        ),
        SyncStatus.CONFLICT,
        frozenset({"externalId"}),
    ),
    Rule(
        "EXTERNAL_ID_EMPTY",
        "externalId",
        f'g."externalId" ~ \'{BLANK}\' OR length(g."externalId") > {LONGEST}',
        Words(
            f"外部编号须为 1 至 {LONGEST} 个字符", f"an external id has 1 to {LONGEST} characters"
        ),
        keys=frozenset({"externalId"}),
    ),
    Rule(
        "NAME_MISSING",
        "name",
        f"m.name ~ '{BLANK}'",
        Words("器具名称不能为空", "an instrument needs a name"),
    ),
    Rule(
        "KEY_MISSING",
        "assetNo",
        f"coalesce(m.asset_no, '') = '' AND coalesce(m.serial_no, '') ~ '{BLANK}'",
        Words("管理编号与出厂编号至少填一个", "give an asset number or a serial number"),
    ),
    *(
        _too_long(column, key)
        for column, key in {"asset_no": "assetNo", "name": "name", **TEXTS}.items()
    ),
    *map(
        _inner_too_long,
        (
            "measuringRanges",
            "maxPermissibleErrors",
            "uncertainty",
            "resolution",
            "scaleInterval",
        ),
    ),
    PHOTOS_TOO_LONG,
    _too_many("measuringRanges", "jsonb_array_length"),
    _too_many("maxPermissibleErrors", "jsonb_array_length"),
    _too_many("photoUrls", "cardinality"),
    Rule(
        "FUTURE_DATE",
        "lastDate",
        "m.last_date > $today::date",
        Words("最近检定日期不能晚于今天", "the last date is in the future"),
        keys=frozenset({"lastDate"}),
    ),
    Rule(
        "BAD_INTERVAL",
        "intervalMonths",
        "m.interval_months NOT BETWEEN 1 AND 120",
        Words("周期应为 1 到 120 个月", "1 to 120 months"),
        keys=frozenset({"intervalMonths"}),
    ),
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
    Rule(
        "BAD_PRICE",
        "purchasePrice",
        'g."purchasePrice" NOT BETWEEN 0 AND 999999999999.99'
        ' OR g."purchasePrice" <> round(g."purchasePrice", 2)',
        Words(
            "金额须不小于 0，且至多两位小数",
            "an amount of money is not negative and has at most two decimals",
        ),
        keys=frozenset({"purchasePrice"}),
    ),
    Rule(
        "PURPOSE_MISSING",
        "compulsoryPurpose",
        f"m.compulsory AND m.compulsory_purpose IS NULL AND {COMPULSORY_CHANGED}",
        Words("强制检定器具须注明用途", "compulsory verification needs a purpose"),
        keys=RULED,
    ),
    Rule(
        "NOT_VERIFIED",
        "calibrationMode",
        "m.compulsory AND m.calibration_mode IS DISTINCT FROM 'VERIFICATION'"
        f" AND {COMPULSORY_CHANGED}",
        Words(
            "强制检定器具的溯源方式只能是检定",
            "an instrument under compulsory verification is verified, not calibrated",
        ),
        keys=RULED,
    ),
    Rule(
        "INTERVAL_LONGER",
        "intervalMonths",
        "(s.compulsory OR m.compulsory) AND s.interval_months IS NOT NULL"
        " AND (m.interval_months IS NULL OR m.interval_months > s.interval_months)",
        Words(
            "强制检定器具的周期不得比现在的更长",
            "under compulsory verification the interval does not become longer",
        ),
        keys=RULED,
    ),
    Rule(
        "LAST_TEST_KEPT",
        "lastDate",
        's.id IS NOT NULL AND g."lastDate" IS DISTINCT FROM s.last_date'
        " AND m.last_date IS NOT DISTINCT FROM s.last_date",
        Words(
            "最近检定日期以本平台的证书或状态变更为准，未改",
            "the last date is known better here, by a certificate or a move: it stays",
        ),
        None,
        frozenset({"lastDate"}),
    ),
    Rule(
        "STATE_KEPT",
        "status",
        's.id IS NOT NULL AND g."status" <> m.status',
        Words("状态已在本平台变更过，未改", "the state was changed here since: it stays"),
        None,
        frozenset({"status"}),
    ),
)
