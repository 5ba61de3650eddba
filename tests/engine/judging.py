"""What the hub does with an operation before it runs: read, measured, validated, planned."""

import gc
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any
from uuid import UUID

from graphql import GraphQLSchema

from hub.actor import ANONYMOUS, Actor
from hub.engine.plan import Plan
from hub.errors import HubError
from hub.vocabulary import Role
from hub.web.documents import Documents
from hub.web.problems import Rejected
from resolvers.root import build
from schema.view import Views

MOST_ERRORS = 20


@cache
def _views() -> Views:
    return Views(build()._schema)


def one(*roles: Role) -> Actor:
    """Someone with these roles, of an organisation."""
    if roles == (Role.ANONYMOUS,):
        return ANONYMOUS
    return Actor("one", UUID(int=1), UUID(int=2), roles=frozenset(roles))


def schema_of(actor: Actor) -> GraphQLSchema:
    """The schema as `actor` sees it."""
    return _views().of(actor)


def planned(
    document: str, variables: dict[str, Any] | None = None, actor: Actor | None = None
) -> Plan | None:
    """The plan of the first operation of a document; None where its variables do not fit.

    Rejected or HubError where it is refused.
    """
    asker = actor or one(Role.USER)
    insider = not asker.is_anonymous
    first = Documents().read(document, schema_of(asker), insider=insider).operations[0]
    coerced = first.variables.coerce(variables or {}, MOST_ERRORS)
    return None if coerced is None else first.plan(coerced, asker)


def judged(document: str, variables: dict[str, Any]) -> str:
    """What becomes of an operation: its price, or the refusal."""
    try:
        plan = planned(document, variables)
    except (Rejected, HubError) as refusal:
        return str(refusal)
    if plan is None:
        return "its variables do not fit"
    return str(plan.refusal or plan.cost)


def a_certificate_to_issue(points: int) -> dict[str, Any]:
    """The input of a certificate with one result of so many points."""
    return {
        "number": "SZJL-1",
        "kind": "CALIBRATION_CERTIFICATE",
        "technicalBasis": ["JJG 52-2013", "JJF 1059.1-2012"],
        "standardsUsed": [{"name": "活塞式压力计"}],
        "testFrom": "2024-03-05",
        "issueDate": "2024-03-06",
        "results": [{"parameter": "示值误差", "points": [{"unit": "MPa"}] * points}],
        "conclusion": "QUALIFIED",
        "testedBy": "x",
        "checkedBy": "y",
        "approvedBy": "z",
        "idempotencyKey": "key",
    }


def steps(work: Callable[[], object]) -> int:
    """How many functions `work` calls, those of Python and those of C."""
    called = 0

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # it may call something as well
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return called
