SELECT json_build_object('nodes', coalesce(json_agg(row_to_json(o)), '[]'))
FROM (
    SELECT o.name,
        (
            SELECT json_build_object('nodes', coalesce(json_agg(row_to_json(i)), '[]'))
            FROM (
                SELECT i.name, i.asset_no AS "assetNo",
                    (
                        SELECT json_build_object('nodes', coalesce(json_agg(row_to_json(c)), '[]'))
                        FROM (
                            SELECT c.number, c.issue_date AS "issueDate",
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
                WHERE i.owner_id = o.id AND i.retired_at IS NULL
                ORDER BY i.id
                LIMIT 10
            ) i
        ) AS instruments
    FROM organization o
    WHERE o.id > $1
    ORDER BY o.id
    LIMIT 20
) o
