SELECT json_build_object('nodes', coalesce(json_agg(row_to_json(r)), '[]'))
FROM (
    SELECT
        replace(replace(encode(uuid_send(i.id) || 'In', 'base64'), '+', '-'), '/', '_')
            || 'c3RydW1lbnQ' AS id,
        i.asset_no AS "assetNo", i.name, i.model_spec AS "modelSpec", i.serial_no AS "serialNo",
        i.manufacturer, i.field, i.accuracy_class AS "accuracyClass", i.status, i.location,
        i.interval_months AS "intervalMonths", i.due_date AS "dueDate",
        (
            SELECT row_to_json(o)
            FROM (SELECT name FROM organization WHERE id = i.owner_id) o
        ) AS owner,
        (
            SELECT json_build_object('nodes', coalesce(json_agg(row_to_json(c)), '[]'))
            FROM (
                SELECT c.number, c.issue_date AS "issueDate", c.valid_until AS "validUntil",
                    (
                        SELECT row_to_json(o)
                        FROM (SELECT name FROM organization WHERE id = c.issuer_id) o
                    ) AS issuer
                FROM certificate c
                WHERE c.instrument_id = i.id
                ORDER BY c.issue_date DESC, c.id DESC
                LIMIT 3
            ) c
        ) AS certificates
    FROM instrument i
    WHERE i.owner_id = $1 AND i.retired_at IS NULL
    ORDER BY i.asset_no, i.id
    LIMIT 50
) r
