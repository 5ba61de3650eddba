"""Licensing 行政审批: the stages of applications, as GB/T 39047-2020 has them."""

from collections.abc import Mapping
from typing import Any

from hub.actions.licence import StageDraft, Took, tell
from hub.errors import Words
from hub.exchange import MessageOutcome
from hub.integrations.port import Applied, Event, Flow, Link
from hub.integrations.stated import Stated
from hub.rules.masks import applicant_code
from hub.rules.text import LONG_TEXTS
from hub.vocabulary import LicenceStage
from hub.writer import Writer

APPLICANT = "applicantUscc"
OUTCOMES = {
    Took.FITS: MessageOutcome.APPLIED,
    Took.WAITS: MessageOutcome.APPLIED,
    Took.KNOWN: MessageOutcome.UNCHANGED,
    Took.STALE: MessageOutcome.STALE,
}


def screened(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is kept of a stage: without the resident id of an applicant who is a person."""
    told = data.get(APPLICANT)
    if told is None:
        return data
    return {**data, APPLICANT: applicant_code(told if isinstance(told, str) else repr(told))}


async def stage_reached(db: Writer, link: Link, event: Event) -> Applied:
    """An application has reached a stage."""
    told = Stated(event.data)
    draft = StageDraft(
        acceptance_no=told.text("acceptanceNo"),
        item=told.text("item"),
        item_code=told.maybe_text("itemCode"),
        applicant_uscc=applicant_code(told.text(APPLICANT)),
        applicant_name=told.text("applicantName"),
        stage=told.term("stage", LicenceStage),
        seq=told.whole("stageSeq"),
        at=told.instant("time"),
        handler=told.maybe_text("handler"),
        result=told.maybe_text("result"),
        opinion=told.maybe_text("opinion", LONG_TEXTS["reason"]),
        stated_at=event.at,
    )
    took = await tell(db, link.id, link.code, draft)
    waits = Words(took.label, "kept: it cannot follow the stages that are known yet")
    return Applied(OUTCOMES[took], waits if took is Took.WAITS else None)


FLOWS: Mapping[str, Flow] = {"licence.stage": Flow(stage_reached, adds_up=True, screen=screened)}
"""What it tells, by type; of one application each stage counts, the late ones too."""
