"""The statement of a sync: rows in as JSON, judged, written and answered in one go.

How the rows of a noun are judged is said by its `Ledger`.
"""

import re
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from hub.actions.sync_answer import ANSWER, GO, KEY_TWICE, MINE, NO_ONES, NOTED, OUTCOME
from hub.actions.sync_ledger import Ledger, Member, Rule
from hub.actions.sync_rows import relation
from hub.exchange import SyncStatus

MOST_CHOICES = 8
"""Choices of members of a ledger that get statements of their own; each costs a megabyte a
connection."""
PARAMETER = re.compile(r"\$([a-z_]+)")
EXTERNAL_ID = "externalId"
NEW_ID = """
    encode(
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::int8) FROM 3)
        || int2send((28672 + g.index)::int2)
        || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid
"""
"""A UUID version 7 (RFC 9562, 6.2 method 1) that counts the rows of the call: 0x7000 is 28672."""


class Statement(NamedTuple):
    """SQL with numbered parameters, and their names in order."""

    text: str
    parameters: tuple[str, ...]
    takes_lists: bool
    """Whether a row comes as the list of its values, not as an object."""
    is_rehearsal: bool


def statement(
    ledger: Ledger, stated: frozenset[str], *, is_partial: bool, writes: bool
) -> Statement:
    """The statement for rows that state the keys `stated`: all of them, or each some of them.

    The first choices of a ledger's keys get statements of their own, all others one that knows
    every key.

    It answers one row: owned; input_sha256 of an earlier call under the same key, whose answer is
    then repeated; went, which is false where nothing is written since a row is wrong; counts,
    is_faulty, position. The results are handed on in the transaction's setting `app.handed`. Where
    a row has `moved` since the statement began, what it saw besides is old: it is to be taken back.
    UniqueViolationError, or ExclusionViolationError, where another took a key between the look and
    the write.
    """
    chosen = _CHOSEN[ledger]
    if stated not in chosen and len(chosen) >= MOST_CHOICES:
        return _statement(ledger, frozenset(ledger.shape), True, writes)
    chosen.add(stated)
    return _statement(ledger, stated, is_partial, writes)


_CHOSEN: dict[Ledger, set[frozenset[str]]] = defaultdict(set)


@cache
def _statement(ledger: Ledger, stated: frozenset[str], is_partial: bool, writes: bool) -> Statement:
    text = _Writer(ledger, stated, is_partial=is_partial).text(writes=writes)
    names = tuple(dict.fromkeys(PARAMETER.findall(text)))
    numbers = {name: f"${at}" for at, name in enumerate(names, 1)}
    return Statement(
        PARAMETER.sub(lambda found: numbers[found[1]], text), names, not is_partial, not writes
    )


class _Writer:
    """Writes the parts of one statement."""

    def __init__(self, ledger: Ledger, stated: frozenset[str], *, is_partial: bool) -> None:
        self._ledger = ledger
        self._told = stated
        self._stated = stated | {EXTERNAL_ID}
        self._renames = EXTERNAL_ID in stated
        self._is_partial = is_partial
        self._owned = f"{ledger.owner} = $owner::uuid" if ledger.owner else "true"
        self._members = [one for one in ledger.members if one.key in stated]
        self._columns = [one.column for one in ledger.members if one.key in stated or one.is_needed]

    def text(self, *, writes: bool) -> str:
        """The whole statement; without `writes` it only says what it would do."""
        parts = [
            MINE if writes else NO_ONES,
            self._given(),
            self._matched(),
            self._stored(),
            *self._judgement(),
            GO,
            OUTCOME,
        ]
        if writes:
            parts += [self._written(), self._named(), self._journal()]
        head = ",".join(parts)
        return f"WITH {head}{ANSWER.format(noted=NOTED if writes else '')}"

    def _given(self) -> str:
        shape = self._ledger.shape
        absent = "".join(
            f', NULL::{kind} AS "{key}"' for key, kind in shape.items() if key not in self._told
        )
        read = relation(self._ledger.shape, self._told, as_lists=not self._is_partial)
        return f"""
            owned AS MATERIALIZED (
                SELECT EXISTS (
                    SELECT FROM organization WHERE id = $owner::uuid
                    AND ($uscc::text IS NULL OR uscc = $uscc::text)
                ) AS owned
            ), given AS MATERIALIZED (
                SELECT (at - 1)::int AS index, r, normal_key, c.*{absent}
                FROM ROWS FROM (jsonb_array_elements($rows::jsonb), unnest($keys::text[]))
                    WITH ORDINALITY AS e(r, normal_key, at)
                CROSS JOIN LATERAL {read}
                WHERE (SELECT owned FROM owned) AND NOT EXISTS (SELECT FROM mine)
            )"""

    def _matched(self) -> str:
        ledger = self._ledger
        return f"""
            keyed AS (
                SELECT g.*, {ledger.row_key} AS row_key
                FROM (
                    SELECT *, CASE WHEN $keys::text[] IS NULL THEN {ledger.plain_key}
                        ELSE normal_key END AS given_key
                    FROM given
                ) g
            ), known AS MATERIALIZED (
                SELECT jsonb_object_agg({ledger.key}, id) AS ids FROM {ledger.table}
                WHERE {self._owned} AND {ledger.live}
                AND {ledger.key} = ANY (ARRAY(SELECT row_key FROM keyed))
            ), matched AS MATERIALIZED (
                SELECT g.*, named.object_id AS named_id, coalesce(
                           named.object_id, ((SELECT ids FROM known) ->> g.row_key)::uuid
                       ) AS id
                FROM keyed g
                LEFT JOIN LATERAL (
                    SELECT object_id FROM external_id
                    WHERE organization_id = $owner::uuid AND object_type = '{ledger.noun}'
                    AND source = $source::text AND external_id = g."externalId" LIMIT 1
                ) named ON true
            )"""

    def _stored(self) -> str:
        table, stored = self._ledger.table, self._ledger.stored
        return f"""
            stored AS MATERIALIZED (
                SELECT s.* FROM (SELECT DISTINCT id FROM matched ORDER BY id) g
                CROSS JOIN LATERAL (
                    SELECT {stored} FROM {table} WHERE id = g.id AND {self._owned}
                    LIMIT 1 FOR UPDATE
                ) s
            ), moved AS MATERIALIZED (
                SELECT EXISTS (
                    SELECT FROM stored s CROSS JOIN LATERAL (
                        SELECT version FROM {table} WHERE id = s.id LIMIT 1
                    ) seen WHERE seen.version <> s.version
                ) AS moved
            )"""

    def _judgement(self) -> list[str]:
        """Each row by itself, then the groups of those that are taken together."""
        together = self._ledger.together
        if together is None:
            return [f"judged AS MATERIALIZED ({self._judged()})"]
        number = len(self._ledger.rules)
        return [
            f"single AS MATERIALIZED ({self._judged()})",
            f"""
            fit AS (SELECT j.*, {together.group} AS part FROM single j
                    WHERE alone IN ('CREATED', 'UPDATED', 'UNCHANGED')
            ), clashing AS MATERIALIZED ({together.clashing}
            ), judged AS MATERIALIZED (
                SELECT j.*, CASE WHEN clashes THEN 'REJECTED' ELSE alone END AS verdict,
                       CASE WHEN clashes THEN faults || {number} ELSE faults END AS problems
                FROM single j, LATERAL (
                    SELECT alone IN ('CREATED', 'UPDATED')
                        AND {together.group} IN (SELECT part FROM clashing) AS clashes
                ) c
            )""",
        ]

    def _judged(self) -> str:
        ledger = self._ledger
        verdict, faults = ("alone", "faults") if ledger.together else ("verdict", "problems")
        made = ", ".join(f"{self._value(one)} AS {one.column}" for one in ledger.members)
        derived = ", ".join(f"{sql} AS {column}" for column, sql in ledger.derived.items())
        keys: dict[str, list[str]] = {one.key: [] for one in self._members}
        for one in self._members:
            keys[one.key].append(_differs(one))
        differing = ", ".join(
            f"CASE WHEN {' OR '.join(found)} THEN '{key}' END" for key, found in keys.items()
        )
        told = {one.column: _differs(one) for one in self._members} | {
            column: f"d.{column} IS DISTINCT FROM s.{column}" for column in ledger.derived
        }
        fields = ", ".join(f"CASE WHEN {sql} THEN '{column}' END" for column, sql in told.items())
        problems = ", ".join(
            f"CASE WHEN {self._looked_at(rule)} THEN {number} END"
            for number, rule in enumerate(ledger.rules)
            if not rule.keys or rule.keys & self._stated
        )
        facts = "\n".join(
            one.join if one.keys & self._stated else one.otherwise for one in ledger.facts
        )
        kept = [f"m.{column}" for column in self._columns if column not in ledger.derived]
        kept += [f"d.{column}" for column in ledger.derived]
        twice = self._twice()
        return f"""
                SELECT g.index, g."externalId" AS external_id, g.named_id, s.version AS was,
                       CASE WHEN s.id IS NULL THEN {NEW_ID} ELSE s.id END AS id,
                       {"".join(f"{column}, " for column in kept)}
                       CASE WHEN {twice} THEN p.problems || {KEY_TWICE} ELSE p.problems END
                           AS {faults}, c.changed,
                       CASE WHEN c.changed = '{{}}' THEN c.changed
                           ELSE array_remove(ARRAY[{fields}]::text[], NULL) END AS fields,
                       CASE WHEN p.problems && '{self._numbers(SyncStatus.REJECTED)}'::int[]
                                THEN 'REJECTED'
                            WHEN p.problems && '{self._numbers(SyncStatus.CONFLICT)}'::int[]
                                THEN 'CONFLICT'
                            WHEN {twice} THEN 'REJECTED'
                            WHEN s.id IS NULL THEN 'CREATED'
                            WHEN c.changed = '{{}}' THEN 'UNCHANGED'
                            ELSE 'UPDATED' END AS {verdict}
                FROM (
                    SELECT *, row_number() OVER (
                               PARTITION BY coalesce(id::text, row_key) ORDER BY index
                           ) AS nth,
                           row_number() OVER (PARTITION BY "externalId" ORDER BY index) AS nth_id
                    FROM matched
                ) g
                LEFT JOIN stored s ON s.id = g.id
                {facts}
                CROSS JOIN LATERAL (SELECT {made}) m
                CROSS JOIN LATERAL (SELECT {derived}) d
                CROSS JOIN LATERAL (
                    SELECT array_remove(ARRAY[{problems}]::int[], NULL) AS problems OFFSET 0
                ) p
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN s.id IS NULL THEN '{{}}'
                        ELSE array_remove(ARRAY[{differing}]::text[], NULL) END AS changed
                    OFFSET 0
                ) c"""

    def _looked_at(self, rule: Rule) -> str:
        """When a rule is broken: nobody who states none of its keys does."""
        if not (self._is_partial and rule.keys):
            return rule.condition
        return f"g.r ?| '{{{','.join(sorted(rule.keys))}}}' AND ({rule.condition})"

    def _twice(self) -> str:
        """Whether a row, right in itself, would take the key of an earlier one.

        Only who is known by an external id can take another key than the one it is found by.
        """
        if not self._renames:
            return "false"
        wrong = " OR ".join(
            f"p.problems && '{self._numbers(status)}'::int[]"
            for status in (SyncStatus.REJECTED, SyncStatus.CONFLICT)
        )
        return f"""NOT ({wrong}) AND row_number() OVER (
            PARTITION BY {self._ledger.made_key} COLLATE "C" ORDER BY {wrong}, g.index
        ) > 1"""

    def _value(self, one: Member) -> str:
        """A member of the row as it would be."""
        stored = f"CASE WHEN s.id IS NULL THEN {one.unset} ELSE s.{one.column} END"
        if one.unset == "NULL":
            stored = f"s.{one.column}"
        if one.key not in self._stated:
            return stored
        stays = [f"NOT g.r ? '{one.key}'"] if self._is_partial else []
        stays += [f"({one.stays})"] if one.stays else []
        return (
            f"CASE WHEN {' OR '.join(stays)} THEN {stored} ELSE {one.read} END"
            if stays
            else (one.read)
        )

    def _numbers(self, status: SyncStatus) -> str:
        """The numbers of the rules that make a row `status`, as an array."""
        found = (str(at) for at, rule in enumerate(self._ledger.rules) if rule.status is status)
        return "{" + ",".join(found) + "}"

    def _written(self) -> str:
        """New rows and new versions: each finds its row by the primary key, whatever the plan."""
        ledger = self._ledger
        own = dict.fromkeys((*self._columns, *ledger.derived))
        values = {
            "id": "id",
            **({ledger.owner: "$owner::uuid"} if ledger.owner else {}),
            "version": "1",
            **dict.fromkeys(("created_at", "updated_at"), "statement_timestamp()"),
            **{one.column: one.unset for one in ledger.members if one.unset != "NULL"},
            **ledger.fixed,
            **{column: column for column in own},
            "source_system": "$source::text",
            "source_key": "external_id",
            "source_as_of": "NULL::timestamptz",
            "source_fetched_at": "statement_timestamp()",
        }
        taken = [*own, "updated_at", "source_system", "source_as_of", "source_fetched_at"]
        return f"""
            written AS (
                INSERT INTO {ledger.table} AS t ({", ".join(values)})
                SELECT {", ".join(values.values())} FROM judged, go
                WHERE went AND verdict IN ('CREATED', 'UPDATED') ORDER BY id
                ON CONFLICT (id) DO UPDATE SET
                    {", ".join(f"{column} = excluded.{column}" for column in taken)},
                    version = t.version + 1,
                    source_key = coalesce(excluded.source_key, t.source_key)
            )"""

    def _named(self) -> str:
        return f"""
            named AS (
                INSERT INTO external_id
                    (organization_id, object_type, source, external_id, object_id)
                SELECT $owner::uuid, '{self._ledger.noun}', $source::text, external_id, id
                FROM judged, go
                WHERE went AND external_id IS NOT NULL AND named_id IS NULL
                AND verdict IN ('CREATED', 'UPDATED', 'UNCHANGED') ORDER BY external_id
            )"""

    def _journal(self) -> str:
        ledger = self._ledger
        owners = "ARRAY[$owner::uuid]" if ledger.owner else "'{}'::uuid[]"
        return f"""
            done AS MATERIALIZED (
                SELECT id, coalesce(was, 0) + 1 AS version, fields
                FROM judged, go WHERE went AND verdict IN ('CREATED', 'UPDATED') ORDER BY index
            ), audited AS (
                INSERT INTO audit_inbox
                    (subject_id, login, organization_id, roles, action, object_type, object_id,
                     fields, result, request_id)
                SELECT $user::uuid, $login::text, $owner::uuid, $roles::text[], '{ledger.action}',
                       '{ledger.noun}', id, fields, 'OK', $request::text
                FROM done
            ), announced AS (
                INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids)
                SELECT '{ledger.noun}', id, 'UPSERT', version, {owners} FROM done
            ), kept AS (
                INSERT INTO idempotency_key (principal, key, input_sha256, answer)
                SELECT $principal::text, $key::text, $digest::bytea, answer
                FROM made, go WHERE went
                AND (SELECT owned FROM owned) AND NOT EXISTS (SELECT FROM mine)
            )"""


def _differs(one: Member) -> str:
    column = one.column
    differs = f"m.{column} IS DISTINCT FROM s.{column}"
    return f"m.{column}::text IS DISTINCT FROM s.{column}::text" if one.exact else differs
