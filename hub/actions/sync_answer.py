"""What a sync says of its rows, in SQL: an earlier answer, whether it goes, what became of each."""

GO = """
            go AS MATERIALIZED (
                SELECT NOT ($all_or_nothing::boolean AND EXISTS (
                    SELECT FROM judged WHERE verdict IN ('REJECTED', 'CONFLICT')
                )) AS went
            )"""
MINE = """
            mine AS MATERIALIZED (
                SELECT answer, input_sha256 FROM idempotency_key
                WHERE principal = $principal::text AND key = $key::text
            )"""
NO_ONES = """
            mine AS (SELECT NULL::jsonb AS answer, NULL::bytea AS input_sha256 WHERE false)"""
HELD_BACK = -1
"""The number of the problem of a good row that is not written since others are wrong."""
KEY_TWICE = -2
"""The number of the problem of a row that would take the key of an earlier one."""
OUTCOME = f"""
            told AS MATERIALIZED (
                SELECT index, external_id,
                       CASE WHEN stays THEN 'REJECTED' ELSE verdict END AS status,
                       CASE WHEN stays THEN problems || {HELD_BACK} ELSE problems END AS problems,
                       changed,
                       CASE WHEN stays THEN was WHEN verdict = 'CREATED' THEN 1
                           WHEN verdict = 'UPDATED' THEN was + 1 ELSE was END AS version,
                       CASE WHEN was IS NOT NULL OR verdict = 'CREATED' AND NOT stays THEN id
                       END AS object_id
                FROM judged, go, LATERAL (
                    SELECT NOT went AND verdict NOT IN ('REJECTED', 'CONFLICT') AS stays
                ) h
            ), outcome AS MATERIALIZED (
                SELECT coalesce(json_agg(row_to_json(told) ORDER BY index), '[]') AS results,
                       bool_or(problems <> '{{}}') AS is_faulty
                FROM told
            ), made AS MATERIALIZED (
                SELECT jsonb_build_object(
                    'results', results,
                    'counts', (
                        SELECT json_object_agg(status, n)
                        FROM (SELECT status, count(*) AS n FROM told GROUP BY status) c
                    ),
                    'isFaulty', is_faulty,
                    'position', (SELECT pos FROM feed_head)
                ) AS answer
                FROM outcome
            )"""  # noqa: S608 -- our own names
ANSWER = """
        SELECT owned, input_sha256, went, moved, a.answer->'counts' AS counts,
               (a.answer->'isFaulty')::boolean AS is_faulty,
               (a.answer->'position')::int8 AS position,
               set_config('app.handed', (a.answer->'results')::text, true) IS NOT NULL AS handed
               {noted}
        FROM owned, moved, go, made LEFT JOIN mine ON true
        CROSS JOIN LATERAL (SELECT coalesce(mine.answer, made.answer) AS answer) a
"""
NOTED = """,
               (SELECT count(pg_notify('inbox', '')) FROM (SELECT FROM done LIMIT 1) n) AS noted"""
