WITH written AS (
    INSERT INTO instrument AS i (
        id, version, owner_id, ledger_key, asset_no, name, model_spec, serial_no, manufacturer,
        management_class, department, location, interval_months, remark,
        measuring_ranges, max_permissible_errors, role, compulsory, filing_state, status, photo_urls
    )
    SELECT gen_random_uuid(), 1, $1, "assetNo", "assetNo", name, "modelSpec", "serialNo",
        manufacturer, "managementClass", department, location, "intervalMonths", remark,
        '[]', '[]', 'WORKING', false, 'NONE', 'IN_USE', '{}'
    FROM json_to_recordset($2::json) AS r (
        "assetNo" text, name text, "modelSpec" text, "serialNo" text, manufacturer text,
        "managementClass" text, department text, location text, "intervalMonths" int, remark text
    )
    ON CONFLICT (owner_id, ledger_key) WHERE retired_at IS NULL DO UPDATE SET
        name = excluded.name, model_spec = excluded.model_spec, serial_no = excluded.serial_no,
        manufacturer = excluded.manufacturer, management_class = excluded.management_class,
        department = excluded.department, location = excluded.location,
        interval_months = excluded.interval_months, remark = excluded.remark,
        version = i.version + 1, updated_at = now()
    RETURNING id, asset_no, version
)
SELECT json_build_object('results', json_agg(json_build_object('instrument', json_build_object(
    'id',
    replace(replace(encode(uuid_send(id) || 'In', 'base64'), '+', '-'), '/', '_') || 'c3RydW1lbnQ',
    'assetNo', asset_no,
    'version', version
))))
FROM written
