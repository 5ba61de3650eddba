-- One scan makes the nodes and the key of the last of them; a probe tells whether more follow.
SELECT json_build_object(
    'nodes', p.nodes,
    'pageInfo', json_build_object(
        'hasNextPage', EXISTS (
            SELECT
            FROM instrument
            WHERE owner_id = $1 AND retired_at IS NULL AND (updated_at, id) > (p.updated_at, p.id)
        ),
        'endCursor', CASE WHEN p.id IS NOT NULL THEN
            replace(replace(replace(replace(encode(convert_to(
                '[["updated_at", "id"], ' || json_build_array(p.updated_at, p.id)::text || ']',
                'UTF8'), 'base64'), '+', '-'), '/', '_'), '=', ''), E'\n', '')
        END
    )
)
FROM (
    SELECT coalesce(json_agg(row_to_json(r)), '[]') AS nodes, max(i.updated_at) AS updated_at,
        (array_agg(i.id))[count(*)] AS id
    FROM (
        SELECT id, asset_no, name, model_spec, serial_no, manufacturer, field, accuracy_class,
            management_class, status, location, interval_months, last_date, due_date, version,
            updated_at
        FROM instrument
        WHERE owner_id = $1 AND retired_at IS NULL AND (updated_at, id) > ($2, $3)
        ORDER BY updated_at, id
        LIMIT $4
    ) i
    CROSS JOIN LATERAL (
        SELECT
            replace(replace(encode(uuid_send(i.id) || 'In', 'base64'), '+', '-'), '/', '_')
                || 'c3RydW1lbnQ' AS id,
            i.asset_no AS "assetNo", i.name, i.model_spec AS "modelSpec",
            i.serial_no AS "serialNo", i.manufacturer, i.field,
            i.accuracy_class AS "accuracyClass", i.management_class AS "managementClass",
            i.status, i.location, i.interval_months AS "intervalMonths",
            i.last_date AS "lastDate", i.due_date AS "dueDate", i.version,
            i.updated_at AS "updatedAt"
    ) r
) p
