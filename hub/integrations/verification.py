"""What the systems of verification tell: decisions on filings and requests, and tasks."""

from collections.abc import Mapping
from uuid import UUID

from hub.actions import filing, task, verification
from hub.errors import BadInput
from hub.exchange import MessageOutcome
from hub.integrations.port import Applied, Event, Flow, Handler, Link
from hub.integrations.stated import Stated
from hub.rules.text import LONG_TEXTS
from hub.rules.verification import Likeness
from hub.vocabulary import TaskState
from hub.writer import Writer

REASON = LONG_TEXTS["reason"]


async def filing_accepted(db: Writer, link: Link, event: Event) -> Applied:
    """The authority has taken the filing of an instrument, under a number of its own."""
    key, number = _instrument(event), Stated(event.data).text("filingNo")
    return _applied(await filing.accept(db, _speaker(link), key, number, at=event.at))


async def filing_returned(db: Writer, link: Link, event: Event) -> Applied:
    """The authority has returned the filing of an instrument."""
    key, reason = _instrument(event), Stated(event.data).text("reason", REASON)
    return _applied(await filing.give_back(db, _speaker(link), key, reason, at=event.at))


async def request_accepted(db: Writer, link: Link, event: Event) -> Applied:
    """A request has been taken, under a number of the other system."""
    number, told = _named(event, "request"), Stated(event.data)
    return _applied(
        await verification.decide(
            db,
            number,
            link.kind,
            link.organization_id,
            accepted=True,
            at=event.at,
            external_no=told.text("externalNo"),
        )
    )


async def request_returned(db: Writer, link: Link, event: Event) -> Applied:
    """A request has been returned."""
    number, told = _named(event, "request"), Stated(event.data)
    return _applied(
        await verification.decide(
            db,
            number,
            link.kind,
            link.organization_id,
            accepted=False,
            at=event.at,
            reason=told.text("reason", REASON),
        )
    )


async def task_dispatched(db: Writer, link: Link, event: Event) -> Applied:
    """An institute has been given a task, or the task has changed."""
    return await _task(db, link, event, TaskState.DISPATCHED)


async def task_cancelled(db: Writer, link: Link, event: Event) -> Applied:
    """A task has been taken back."""
    return await _task(db, link, event, TaskState.CANCELLED)


async def result_refused(db: Writer, link: Link, event: Event) -> Applied:
    """The other system would not take the result of a task."""
    reason = Stated(event.data).text("reason", REASON)
    return _applied(await task.refuse(db, link.id, _named(event, "task"), reason))


def flows(kind: str) -> Mapping[str, Flow]:
    """The flows of requests that are called `kind`.request, and of the tasks that come of them."""
    handlers: dict[str, Handler] = {
        f"{kind}.accepted": request_accepted,
        f"{kind}.returned": request_returned,
        "task.dispatched": task_dispatched,
        "task.cancelled": task_cancelled,
    }
    ours: dict[str, Handler] = {
        f"{kind}.request.refused": request_returned,
        "result.report.refused": result_refused,
    }
    return {name: Flow(handle) for name, handle in handlers.items()} | {
        name: Flow(handle, is_ours=True) for name, handle in ours.items()
    }


async def _task(db: Writer, link: Link, event: Event, state: TaskState) -> Applied:
    told = Stated(event.data)
    draft = task.TaskDraft(
        task_no=_named(event, "task"),
        state=state,
        at=event.at,
        name=told.maybe_text("name"),
        likeness=Likeness(
            *(told.maybe_text(name) for name in ("filingNo", "serialNo", "manufacturer"))
        ),
        institute=told.maybe_text("institute"),
        request_no=told.maybe_text("requestNo"),
        due_date=told.maybe_day("dueDate"),
        reason=told.maybe_text("reason", REASON),
    )
    return _applied(await task.tell(db, _speaker(link), draft))


def _speaker(link: Link) -> filing.Speaker:
    return filing.Speaker(
        connector_id=link.id,
        code=link.code,
        kind=link.kind,
        organization_id=link.organization_id,
    )


def _named(event: Event, kind: str) -> str:
    """What an event is about: the part of its subject after `kind/`. BadInput for another."""
    head, slash, name = event.subject.partition("/")
    if head != kind or not slash or not name:
        raise BadInput(f"subject 须为 {kind}/…", f"the subject must be {kind}/…", path=("subject",))
    return name


def _instrument(event: Event) -> UUID:
    try:
        return UUID(_named(event, "instrument"))
    except ValueError as error:
        zh, en = "subject 中没有器具的标识", "the subject names no instrument"
        raise BadInput(zh, en, path=("subject",)) from error


def _applied(changed: bool) -> Applied:
    outcome = MessageOutcome.APPLIED if changed else MessageOutcome.UNCHANGED
    return Applied(outcome)
