"""What is wrong with a row of a ledger sync: the rules of instruments, said in SQL.

They are those of `hub.rules.instrument` and `hub.actions.instrument`; `tests/test_sync_rules.py`
holds both equal.
"""

from hub.actions.sync_ledger import Rule
from hub.actions.sync_rules import (
    BLANK,
    MEASURES,
    bad_price,
    inner_too_long,
    of_calls,
    one_too_long,
    too_long,
    too_many,
)
from hub.errors import Words
from hub.exchange import SyncStatus

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


RULES = (
    *of_calls(Words("器具", "instrument")),
    Rule(
        "RETIRED",
        "externalId",
        "s.retired_at IS NOT NULL",
        Words("此器具已退出台账", "this instrument has left the ledger"),
        SyncStatus.CONFLICT,
        frozenset({"externalId"}),
    ),
    Rule(
        "TRANSFERRED",
        "externalId",
        "g.named_id IS NOT NULL AND s.id IS NULL",
        Words("此器具已移交其他机构", "this instrument now belongs to another organisation"),
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
        too_long(column, key)
        for column, key in {"asset_no": "assetNo", "name": "name", **TEXTS}.items()
    ),
    *map(
        inner_too_long,
        (
            "measuringRanges",
            "maxPermissibleErrors",
            "uncertainty",
            "resolution",
            "scaleInterval",
        ),
    ),
    one_too_long("photo_urls", "photoUrls"),
    too_many("measuringRanges", "jsonb_array_length"),
    too_many("maxPermissibleErrors", "jsonb_array_length"),
    too_many("photoUrls", "cardinality"),
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
    *MEASURES,
    bad_price("purchasePrice"),
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
        "FILED",
        "compulsory",
        "s.compulsory AND NOT m.compulsory AND s.filing_state IN ('SUBMITTED', 'ACCEPTED')",
        Words(
            "已申报备案的器具不能改为非强制检定",
            "what is filed stays under compulsory verification",
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
