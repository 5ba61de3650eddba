"""Rows of one noun from another system, judged and stored by one statement, each answered.

What a row states is held against what is stored, and only what differs is written, with its
version, audit row and outbox row. How that is said in SQL is `hub.actions.sync_statement`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import asyncpg
import orjson

from hub.actions.sync_answer import HELD_BACK, KEY_TWICE
from hub.actions.sync_ledger import Ledger, Rule
from hub.actions.sync_rows import Rows, bare, encoded, listed
from hub.actions.sync_statement import statement
from hub.actor import Actor
from hub.errors import BadInput, Conflict, Forbidden, Words
from hub.exchange import OnError, SyncStatus
from hub.rules.problem import Problem, Severity
from hub.statements import Statements, Transaction
from hub.writer import check_input

MOST_ROWS = 1_000
"""Rows of one call (domain 4.7)."""
LONGEST_NAME = 64
ATTEMPTS = 3
"""How often a call begins anew when others have taken a key from under it."""
HELD = Rule(
    "HELD_BACK",
    None,
    "",
    Words(
        "此行没有问题，因其他行不合格而未写入；可改用 REJECT_ROWS",
        "nothing is wrong with this row; it was not written since others are: try REJECT_ROWS",
    ),
    status=None,
)
TWICE = Rule(
    "KEY_TWICE",
    None,
    "",
    Words("本次同步中前面已有一行用此编号", "an earlier row of this call takes the same key"),
)
OF_CALLS = {HELD_BACK: HELD, KEY_TWICE: TWICE}


class Call(NamedTuple):
    """One call: whose ledger, from which system, its rows, and how they are to be taken."""

    uscc: str | None
    source: str
    rows: Rows
    on_error: OnError
    dry_run: bool
    key: str
    today: date
    request_id: str | None


class Synced(NamedTuple):
    """What became of a call: how many rows of each status, whether it was a replay.

    Its results are handed on in the transaction, in the order of the rows: index, external_id,
    status, version, changed, object_id, and problems as numbers of the ledger's rules, if any row
    `is_faulty`. The feed stood at `position` before: what follows there tells of everything that
    the call has done; None where it has done nothing.
    """

    counts: Mapping[SyncStatus, int]
    is_faulty: bool
    position: int | None
    replayed: bool


@asynccontextmanager
async def sync(
    db: Statements, actor: Actor, ledger: Ledger, call: Call
) -> AsyncIterator[tuple[Synced, Transaction]]:
    """Take the rows of `call` into the actor's `ledger`, or see what would become of them.

    What became of them may be read in the transaction, which ends with the block. BadInput for a
    call that is no such, Forbidden for the ledger of another organisation, IdempotencyMismatch for
    a key that came before with another input, Conflict where others were faster again and again.
    """
    actor.must(ledger.can)
    owner = actor.acts_for()
    _check(call)
    stated = frozenset[str]().union(*call.rows)
    is_partial = any(length != len(stated) for length in set(map(len, call.rows)))
    made = statement(ledger, stated, is_partial=is_partial, writes=not call.dry_run)
    given = bare(call.rows, [key for key in stated if ledger.shape.get(key) == "jsonb"])
    told = rows = encoded(given if is_partial else listed(given, stated))
    if not (is_partial or made.takes_lists):
        rows = encoded(given)
    digest = sha256(told)
    said = [ledger.action, str(owner), call.source, call.on_error, sorted(stated)]
    digest.update(orjson.dumps(said))
    values = {
        "rows": rows,
        "keys": ledger.normal_keys(call.rows),
        "owner": owner,
        "uscc": call.uscc,
        "source": call.source,
        "all_or_nothing": call.on_error is OnError.REJECT_ALL,
        "today": call.today,
        "principal": str(actor.user_id),
        "key": call.key,
        "digest": digest.digest(),
        "user": actor.user_id,
        "login": actor.login,
        "roles": sorted(actor.roles),
        "request": call.request_id,
    }
    arguments = [values[name] for name in made.parameters]
    lock = f"{ledger.lock} {owner}" if ledger.owner else ledger.lock
    for _ in range(ATTEMPTS):
        async with db.transaction(actor, lock) as transaction:
            transaction.is_undone = True
            try:
                found = await transaction.row(made.text, arguments)
            except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError):
                continue
            if found["moved"]:
                continue
            done = _done(found, digest.digest(), is_rehearsal=made.is_rehearsal)
            transaction.is_undone = done.position is None
            yield done, transaction
            return
    raise Conflict(
        "同一台账正被他人修改",
        "others keep changing this ledger",
        hint=Words("请重试", "try again"),
    )


async def results(transaction: Transaction) -> bytes:
    """The results that a call has handed on in its transaction, as JSON."""
    found = await transaction.row("SELECT current_setting('app.handed')::json AS handed", ())
    handed: bytes = found["handed"]
    return handed


def problems(ledger: Ledger, index: int, numbers: Sequence[int]) -> list[Problem]:
    """What is wrong with the row `index`, by the numbers that its result gives."""
    found = []
    for number in numbers:
        rule = OF_CALLS.get(number) or ledger.objections[number]
        path: tuple[str | int, ...] = ("rows", index, *((rule.member,) if rule.member else ()))
        severity = Severity.WARNING if rule.status is None else Severity.ERROR
        found.append(Problem(rule.code, rule.words, path, severity))
    return found


def _check(call: Call) -> None:
    """Raise BadInput for too many rows, and for a source without a fitting name."""
    if len(call.rows) > MOST_ROWS:
        raise BadInput(
            f"一次最多 {MOST_ROWS} 行，给了 {len(call.rows)} 行",
            f"at most {MOST_ROWS} rows at a time, {len(call.rows)} were given",
            hint=Words("分几次同步", "sync in parts"),
            path=("rows",),
        )
    if not 0 < len(call.source) <= LONGEST_NAME:
        raise BadInput(
            f"来源系统须为 1 至 {LONGEST_NAME} 个字符",
            f"a source has 1 to {LONGEST_NAME} characters",
            path=("source",),
        )


def _done(found: Mapping[str, Any], digest: bytes, *, is_rehearsal: bool) -> Synced:
    if not found["owned"]:
        raise Forbidden("只能同步本机构的台账", "you keep the ledger of your own organisation only")
    earlier = found["input_sha256"]
    if earlier is not None:
        check_input(earlier, digest)
    counts = orjson.loads(found["counts"]) or {}
    has_written = earlier is not None or (found["went"] and not is_rehearsal)
    position = found["position"] if has_written else None
    return Synced(counts, bool(found["is_faulty"]), position, replayed=earlier is not None)
