"""The stored data that reads are measured on: made by set-based SQL, the same whenever it is made.

A row's id is a version 7 UUID of its number, so that keys grow in the order of insertion as they
do in the product. Rows are written by the owner of the tables, whom row level security does not
bind in this database; the roles of the hub stay bound as everywhere.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

WALLED = ("instrument", "certificate", "user_account")


@dataclass(frozen=True)
class Size:
    """How many rows there are; `largest` instruments belong to one organisation."""

    organizations: int
    instruments: int
    largest: int


FULL = Size(organizations=1_000, instruments=200_000, largest=5_000)
QUICK = Size(organizations=40, instruments=3_000, largest=2_000)
LABORATORIES = 20
YEARS = 3

HELPERS = """
CREATE FUNCTION pg_temp.pick(number bigint, salt int, words text[]) RETURNS text
IMMUTABLE LANGUAGE sql AS $$
    SELECT words[1 + ((number * 2654435761 + salt * 40503) >> 7) % cardinality(words)]
$$;
CREATE FUNCTION pg_temp.key(kind text, number bigint) RETURNS uuid
IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(1735689600000 + number), 12, '0') || '7' || substr(digest, 1, 3)
            || '8' || substr(digest, 4, 15))::uuid
    FROM (SELECT md5(kind || number) AS digest) made
$$;
"""
ORGANIZATIONS = """
INSERT INTO organization (id, version, uscc, uscc_check_passed, country, name, former_names, kinds,
    district, address, verify_state)
SELECT pg_temp.key('organization', i), 1, '91320500MB' || lpad(i::text, 8, '0'), false, 'CN',
    pg_temp.pick(i, 1, '{华东,北辰,Longhua,启明,Taishan,海纳,瑞科,Nanfang,天工,Zhongheng}')
        || pg_temp.pick(i, 2, '{计量检测,精密仪器,Precision Instruments,电力设备,化工,航空部件}')
        || '有限公司 #' || i,
    '{}', CASE WHEN i > :organizations - :laboratories THEN '{CALIBRATION_LAB}'::text[]
        ELSE '{ENTERPRISE}' END,
    pg_temp.pick(i, 3, '{320505,320506,320507,320508,320509,320571,320581,320582,320583,320585}'),
    '江苏省苏州市工业园区星湖街 ' || i || ' 号', 'VERIFIED'
FROM generate_series(1, :organizations) i
"""
INSTRUMENTS = """
INSERT INTO instrument (id, version, created_at, updated_at, owner_id, ledger_key, asset_no, name,
    model_spec, serial_no, manufacturer, measuring_ranges, accuracy_class, max_permissible_errors,
    field, management_class, role, compulsory, filing_state, calibration_mode, interval_months,
    last_date, due_date, status, department, location, custodian, photo_urls)
SELECT pg_temp.key('instrument', i), 1 + i % 9, timestamptz '2024-06-01 00:00+00',
    timestamptz '2025-01-01 00:00+00'
        + (i * 7919 % 30000000) * interval '1 second' + (i * 104729 % 1000000) * interval '1 us',
    pg_temp.key('organization', CASE WHEN i <= :largest THEN 1
        ELSE 2 + (i - :largest - 1) * (:organizations - 1) / (:instruments - :largest) END),
    asset_no, asset_no,
    pg_temp.pick(i, 3, '{数字压力表,Digital multimeter,外径千分尺,电子天平,Thermocouple calibrator,
        游标卡尺,示波器,Torque wrench,温湿度记录仪,绝缘电阻测试仪}'),
    pg_temp.pick(i, 4, '{Fluke 8846A,CPC6050,XS205DU,34461A,MDC-25SX,DL850E,TH2811D}') || '-'
        || i % 97,
    'SN' || upper(substr(md5('serial' || i), 1, 10)),
    pg_temp.pick(i, 5, '{Fluke,Mettler Toledo,Mitutoyo,Keysight,上海精密科学仪器,WIKA,同惠电子}'),
    '[{"lower": "0", "upper": "25.00", "unit": "mm"}]',
    pg_temp.pick(i, 8, '{0.05级,0.1级,1.0级,2.5级,±0.002 mm,Class I}'),
    '[{"kind": "ABSOLUTE", "value": "0.002", "unit": "mm"}]',
    pg_temp.pick(i, 6, '{LENGTH,MECHANICS,ELECTROMAGNETIC,THERMAL,TIME_FREQUENCY,CHEMISTRY}'),
    pg_temp.pick(i, 7, '{A,B,B,C,C}'), 'WORKING', i % 5 = 0, 'NONE', 'CALIBRATION',
    (ARRAY[6, 12, 12, 24, 36])[1 + i % 5], date '2024-01-01' + (i * 13 % 700)::int,
    date '2025-01-01' + (i * 13 % 700)::int,
    pg_temp.pick(i, 9, '{IN_USE,IN_USE,IN_USE,IN_USE,SEALED,REPAIR,STOPPED}'),
    pg_temp.pick(i, 10, '{质量部,生产一部,R&D,设备科}'),
    pg_temp.pick(i, 11, '{一号车间,二号车间,Lab A,Lab B,仓库 3,Line 7}') || ' / R' || i % 40,
    pg_temp.pick(i, 12, '{王芳,李伟,张敏,Chen Jie,刘洋}'), '{}'
FROM generate_series(1::bigint, :instruments) i
CROSS JOIN LATERAL (SELECT pg_temp.pick(i, 13, '{JL,EQ,CD,WD}') || '-'
    || lpad(i::text, greatest(6, length(i::text)), '0') AS asset_no) named
"""
CERTIFICATES = """
INSERT INTO certificate (id, version, created_at, updated_at, number, verify_code, verify_key_id,
    issuer_id, client_id, issuer_stated, client_stated, instrument_id,
    item, kind, basis_text, traceability, received_at,
    test_from, test_to, issue_date, valid_until, recalibration_agreed, location, conclusion, seals,
    files, state, fee, warnings)
SELECT pg_temp.key('certificate', (year - 1) * :instruments + i), 1, day, day,
    'JZ' || 2022 + year || '-' || lpad(i::text, 7, '0'),
    upper(substr(md5('verify' || i || year), 1, 12)), 'k1',
    pg_temp.key('organization', :organizations - (i * 7 + year) % :laboratories), n.owner_id,
    '{"name": "示范检定院", "country": "CN"}', '{"name": "示范企业", "country": "CN"}',
    n.id,
    jsonb_build_object('name', n.name, 'modelSpec', n.model_spec, 'serialNo', n.serial_no,
        'manufacturer', n.manufacturer, 'assetNo', n.asset_no),
    pg_temp.pick(i + year, 14, '{VERIFICATION_CERTIFICATE,CALIBRATION_CERTIFICATE}'),
    pg_temp.pick(i + year, 15, '{JJG 52-2013,JJG 21-2008,JJF 1587-2016,JJG 1036-2008}'), '[]',
    day - 9, day - 4, day - 3, day, day + 364, true, 'LAB',
    pg_temp.pick(i + year, 16, '{QUALIFIED,QUALIFIED,QUALIFIED,RESULT_ONLY,UNQUALIFIED}'), '[]',
    '[]', 'ISSUED', 180.00, '[]'
FROM generate_series(1, :years) year
CROSS JOIN generate_series(1::bigint, :instruments) i
CROSS JOIN LATERAL (SELECT date '2022-02-01' + year * 365 + (i * 13 % 300)::int AS day) dated
JOIN instrument n ON n.id = pg_temp.key('instrument', i)
ORDER BY year, i
"""
ACCOUNTS = """
INSERT INTO user_account (id, version, login_name, organization_id, roles, ident_methods, state,
    failed_logins)
SELECT pg_temp.key('system', i), 1, 'erp-' || i, pg_temp.key('organization', i),
    '{SYSTEM}'::text[], '{PASSWORD}'::text[], 'ACTIVE', 0
FROM generate_series(1, :organizations) i
UNION ALL
SELECT pg_temp.key('steward', 1), 1, 'steward', pg_temp.key('organization', 1), '{DATA_STEWARD}',
    '{PASSWORD}', 'ACTIVE', 0
"""


async def filled(database_url: str, size: Size) -> None:
    """Fill an empty database, unless it holds data of this size. ValueError for other data."""
    connection = await asyncpg.connect(dsn(database_url))
    try:
        for table in WALLED:
            await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        found = await _size(connection)
        if found is None:
            async with connection.transaction():
                await _fill(connection, size)
            await connection.execute("VACUUM (ANALYZE) organization, instrument, certificate")
        elif found != size:
            raise ValueError(f"the folder holds {found}, not {size}: give --data another one")
    finally:
        await connection.close()


def dsn(database_url: str) -> str:
    """The address as the driver without SQLAlchemy takes it."""
    return database_url.replace("+asyncpg", "")


async def _size(connection: Any) -> Size | None:
    """What is stored already, None for nothing."""
    organizations, instruments, largest = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM organization), count(*), count(*) FILTER (WHERE owner_id ="
        " (SELECT organization_id FROM user_account WHERE login_name = 'erp-1')) FROM instrument"
    )
    return Size(organizations, instruments, largest) if organizations else None


async def _fill(connection: Any, size: Size) -> None:
    await connection.execute(HELPERS)
    values = {**vars(size), "laboratories": LABORATORIES, "years": YEARS}
    for statement in (ORGANIZATIONS, INSTRUMENTS, CERTIFICATES, ACCOUNTS):
        for name, value in values.items():
            statement = statement.replace(f":{name}", str(value))
        await connection.execute(statement)
