"""Who and what plays in the demo. All of it is constructed: nobody and nothing here exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.actions.organization import OrganizationDraft
from hub.importers.reference.records import CONSTRUCTED
from hub.vocabulary import (
    InstrumentRole,
    MetrologyField,
    OrgKind,
    PersonnelCertificateKind,
    Role,
    VerifyState,
)

ENTERPRISE = "91320500MAY4LR3A1Y"
RIVAL = "91320500MA4FE6801L"
LABORATORY = "91320500MAF5E8KC2B"
AUTHORITY = "11320500MB9DEM0054"
PLATFORM = "12320500MB9DEM11X2"


def _organization(
    uscc: str, name: str, kinds: Sequence[OrgKind], district: str
) -> OrganizationDraft:
    return OrganizationDraft(
        uscc=uscc,
        name=name,
        kinds=kinds,
        district=district,
        contact_name="虚构人",
        contact_phone="0512-00000000",
        verify_state=VerifyState.VERIFIED,
        source_system=CONSTRUCTED,
        source_key=uscc,
    )


ORGANIZATIONS: tuple[OrganizationDraft, ...] = (
    _organization(
        ENTERPRISE,
        "示范精密机械(苏州)有限公司",
        (OrgKind.ENTERPRISE, OrgKind.MANUFACTURER),
        "320505",
    ),
    _organization(RIVAL, "样例精工(苏州)有限公司", (OrgKind.ENTERPRISE,), "320506"),
    _organization(
        LABORATORY,
        "示范计量检定测试院(虚构)",
        (OrgKind.LEGAL_VERIFICATION_INSTITUTE, OrgKind.CALIBRATION_LAB),
        "320508",
    ),
    _organization(AUTHORITY, "示范市场监督管理局(虚构)", (OrgKind.REGULATOR,), "320500"),
    _organization(PLATFORM, "示范计量服务平台(虚构)", (OrgKind.PUBLIC_INSTITUTION,), "320500"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A login of the demo; `staff_no` names the person of the laboratory behind it."""

    login: str
    uscc: str
    roles: frozenset[Role]
    district: str | None = None
    staff_no: str | None = None


# The analyst is a data steward: the one role of the platform that reads every organisation's rows,
# and the login to try reference and organisation writes with. A regulator reads a district only.
ACCOUNTS = (
    Account("enterprise", ENTERPRISE, frozenset({Role.USER, Role.ORG_ADMIN})),
    Account("erp", ENTERPRISE, frozenset({Role.SYSTEM})),
    Account("rival", RIVAL, frozenset({Role.USER, Role.ORG_ADMIN})),
    Account("lab", LABORATORY, frozenset({Role.LAB_STAFF}), staff_no="S001"),
    Account("approver", LABORATORY, frozenset({Role.LAB_APPROVER}), staff_no="S005"),
    Account("regulator", AUTHORITY, frozenset({Role.REGULATOR}), district="3205"),
    Account("auditor", PLATFORM, frozenset({Role.AUDITOR})),
    Account("analyst", PLATFORM, frozenset({Role.DATA_STEWARD})),
    Account("operator", PLATFORM, frozenset({Role.OPERATOR})),
)


@dataclass(frozen=True, slots=True)
class Player:
    """A person of the laboratory: certified in `fields`, and what he or she holds by kind."""

    staff_no: str
    name: str
    title: str
    resident_id: str
    fields: frozenset[MetrologyField]
    holds: Mapping[PersonnelCertificateKind, str]


SECOND_CLASS = PersonnelCertificateKind.REGISTERED_METROLOGIST_2
FIRST_CLASS = PersonnelCertificateKind.REGISTERED_METROLOGIST_1
SIGNATORY = PersonnelCertificateKind.SIGNATORY

PEOPLE = (
    Player(
        "S001",
        "周样例",
        "工程师",
        "000000199007040226",
        frozenset({MetrologyField.LENGTH, MetrologyField.MECHANICS}),
        {SECOND_CLASS: "示范02-0001"},
    ),
    Player(
        "S002",
        "吴示范",
        "工程师",
        "000000198503120116",
        frozenset(
            {
                MetrologyField.THERMAL,
                MetrologyField.ELECTROMAGNETIC,
                MetrologyField.RADIO,
                MetrologyField.TIME_FREQUENCY,
            }
        ),
        {SECOND_CLASS: "示范02-0002"},
    ),
    Player(
        "S003",
        "冯样本",
        "助理工程师",
        "000000199305150247",
        frozenset(
            {
                MetrologyField.OPTICS,
                MetrologyField.ACOUSTICS,
                MetrologyField.CHEMISTRY,
                MetrologyField.IONIZING_RADIATION,
            }
        ),
        {SECOND_CLASS: "示范02-0003"},
    ),
    Player(
        "S004",
        "郑虚构",
        "高级工程师",
        "000000198809210130",
        frozenset(MetrologyField),
        {FIRST_CLASS: "示范01-0004"},
    ),
    Player(
        "S005",
        "王示例",
        "高级工程师",
        "000000197911030318",
        frozenset(),
        {FIRST_CLASS: "示范01-0005", SIGNATORY: "示范签-0005"},
    ),
)
CHECKER, APPROVER = "S004", "S005"


@dataclass(frozen=True, slots=True)
class Member:
    """An instrument of a measurement standard, as the laboratory's own ledger has it."""

    asset_no: str
    name: str
    model_spec: str
    accuracy: str
    role: InstrumentRole = InstrumentRole.STANDARD


@dataclass(frozen=True, slots=True)
class Apparatus:
    """A measurement standard of the laboratory; `range_` is (lower, upper, unit)."""

    code: str
    name: str
    field: MetrologyField
    range_: tuple[str, str, str]
    accuracy: str
    items: tuple[str, ...]
    documents: tuple[str, ...]
    members: tuple[Member, ...]


STANDARDS = (
    Apparatus(
        "SFJ-CD-01",
        "四等量块标准装置",
        MetrologyField.LENGTH,
        ("0.5", "100", "mm"),
        "4等",
        ("外径千分尺", "通用卡尺"),
        ("JJG 21-2008", "JJG 30-2012"),
        (
            Member("SFJ-CD-001", "量块", "83块组", "4等"),
            Member("SFJ-CD-002", "平晶", "Φ60", "1级", InstrumentRole.AUXILIARY),
        ),
    ),
    Apparatus(
        "SFJ-CD-02",
        "三等量块标准装置",
        MetrologyField.LENGTH,
        ("0.5", "100", "mm"),
        "3等",
        ("量块(4等)",),
        ("JJG 146-2011",),
        (Member("SFJ-CD-003", "量块", "83块组", "3等"),),
    ),
    Apparatus(
        "SFJ-LX-01",
        "活塞式压力计标准装置",
        MetrologyField.MECHANICS,
        ("-0.1", "60", "MPa"),
        "0.05级",
        ("一般压力表",),
        ("JJG 52-2013", "JJG 59-2007"),
        (
            Member("SFJ-LX-001", "活塞式压力计", "(0.1~60)MPa", "0.05级"),
            Member("SFJ-LX-002", "精密压力表", "0.25", "0.25级", InstrumentRole.AUXILIARY),
        ),
    ),
    Apparatus(
        "SFJ-LX-02",
        "E2等级砝码标准装置",
        MetrologyField.MECHANICS,
        ("0.001", "20", "kg"),
        "E2等级",
        ("砝码(F1)", "电子天平"),
        ("JJG 99-2006", "JJG 1036-2008"),
        (Member("SFJ-LX-003", "砝码", "(1mg~20kg)", "E2等级"),),
    ),
    Apparatus(
        "SFJ-DC-01",
        "多功能标准源校准装置",
        MetrologyField.ELECTROMAGNETIC,
        ("0.1", "1000", "V"),
        "0.002级",
        ("数字多用表",),
        ("JJF 1587-2016",),
        (Member("SFJ-DC-001", "多功能标准源", "SF-5520", "0.002级"),),
    ),
    Apparatus(
        "SFJ-DC-02",
        "绝缘电阻表检定装置",
        MetrologyField.ELECTROMAGNETIC,
        ("0.1", "1000", "MΩ"),
        "0.5级",
        ("绝缘电阻表",),
        ("JJG 622-1997",),
        (Member("SFJ-DC-002", "高压高阻标准器", "SF-GZX92", "0.5级"),),
    ),
    Apparatus(
        "SFJ-RG-01",
        "二等铂电阻温度计标准装置",
        MetrologyField.THERMAL,
        ("-40", "300", "℃"),
        "二等",
        ("工业铂电阻", "温度数据采集仪"),
        ("JJG 229-2010", "JJF 1366-2012"),
        (
            Member("SFJ-RG-001", "标准铂电阻温度计", "WZPB-2", "二等"),
            Member("SFJ-RG-002", "恒温槽", "SF-300", "0.01℃", InstrumentRole.AUXILIARY),
        ),
    ),
)

DCC_FILES = (
    "dcc_gp_humidity_v1.0.xml",
    "dcc_gp_temperatur_resistance_v12.xml",
    "dcc_gp_temperature_extensive_v12.xml",
    "dcc_gp_temperature_simplified_v12.xml",
    "dcc_gp_temperature_typical_adjustment_v12.xml",
    "dcc_gp_temperature_typical_v12_v3.2.0_signed.xml",
    "dcclib_valid_3.3.0.xml",
)
"""Published examples, real as files only. The unsigned twin of the signed one has its number."""

FEE_LIST = "样例收费文件二"
LISTED = {"LEN-001": "F-001", "MEC-001": "F-002"}
"""Capabilities whose fee code the reference files price already."""
PRICED = {
    "LEN-002": ("F-003", "块", "12.00"),
    "LEN-003": ("F-004", "件", "45.00"),
    "MEC-002": ("F-005", "个", "20.00"),
    "MEC-003": ("F-006", "台", "180.00"),
    "THE-001": ("F-007", "支", "160.00"),
    "THE-002": ("F-008", "台", "300.00"),
    "ELE-001": ("F-009", "台", "320.00"),
    "ELE-002": ("F-010", "台", "120.00"),
    "RAD-001": ("F-011", "台", "400.00"),
    "TIM-001": ("F-012", "块", "60.00"),
    "OPT-001": ("F-013", "台", "220.00"),
    "ACO-001": ("F-014", "台", "280.00"),
    "CHE-001": ("F-015", "台", "150.00"),
    "ION-001": ("F-016", "台", "450.00"),
}
"""Fee code, charge unit and price in yuan of the other capabilities."""
