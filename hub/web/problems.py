"""How a failure is told to a caller: a GraphQL error with code, words and hint, and a status."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from graphql import GraphQLError
from starlette.responses import Response

from hub.errors import ChangeTokenExpired, Code, HubError
from hub.settings import Settings
from hub.web.answers import encode
from hub.web.body import RequestRefused
from hub.web.door import Caller
from hub.web.faults import FaultLog, foreign, own
from hub.web.negotiation import GRAPHQL, JSON

_LONGEST_MESSAGE = 1_000
_MOST_LOCATIONS = 20
_STATUS: Mapping[Code, int] = {
    Code.BAD_REQUEST: 400,
    Code.PARSE_FAILED: 400,
    Code.COST_EXCEEDED: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.CHANGE_TOKEN_EXPIRED: 410,
    Code.LINK_EXPIRED: 410,
    Code.REFUSED: 422,
    Code.IDEMPOTENCY_MISMATCH: 422,
    Code.THROTTLED: 429,
    Code.INTERNAL: 500,
    Code.MAINTENANCE: 503,
    Code.SOURCE_UNAVAILABLE: 503,
    Code.UNAVAILABLE: 503,
    Code.BUSY: 503,
    Code.TIMEOUT: 504,
}
# application/json answers 200 to whatever a well-formed document leads to (GraphQL over HTTP,
# "application/json"); only what keeps the hub from looking at the document has its own status.
_OF_THE_DOCUMENT = frozenset(
    {
        Code.PARSE_FAILED,
        Code.VALIDATION_FAILED,
        Code.FIELD_RETIRED,
        Code.BAD_INPUT,
        Code.COST_EXCEEDED,
        Code.NOT_FOUND,
        Code.REFUSED,
        Code.CONFLICT,
        Code.IDEMPOTENCY_MISMATCH,
        Code.CHANGE_TOKEN_EXPIRED,
    }
)


class ParseFailed(HubError):
    """The text is no GraphQL document."""

    code: ClassVar[Code] = Code.PARSE_FAILED


class Rejected(Exception):
    """The operation is refused before any field ran, for each of `errors`."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Problems:
    """Tells failures, and notes those that are not refusals of ours."""

    def __init__(self, settings: Settings) -> None:
        validation = settings.validation_status
        self._status = {
            **_STATUS,
            Code.VALIDATION_FAILED: validation,
            Code.FIELD_RETIRED: validation,
            Code.BAD_INPUT: validation,
        }
        self._faults = FaultLog()

    def tell(self, error: Exception, caller: Caller) -> dict[str, Any]:
        """The entry of `errors` for `error`, in the caller's language, without any inside."""
        refusal = own(error)
        if refusal is None:
            refusal = foreign(error)
            if refusal.code is not Code.BAD_INPUT:
                self._faults.write(refusal.code, error, caller.request_id)
        told: dict[str, Any] = {
            "message": refusal.words.in_(caller.language)[:_LONGEST_MESSAGE],
            "extensions": _extensions(refusal, caller),
        }
        if isinstance(error, GraphQLError):
            if error.locations:
                told["locations"] = [
                    {"line": place.line, "column": place.column}
                    for place in error.locations[:_MOST_LOCATIONS]
                ]
            if error.path is not None:
                told["path"] = error.path
        return told

    def status(self, error: Mapping[str, Any], media_type: str) -> int:
        """The HTTP status of an answer without data whose first told error is `error`."""
        code = Code(error["extensions"]["code"])
        if media_type == JSON and code in _OF_THE_DOCUMENT:
            return 200
        return self._status[code]

    def refusal(self, error: Exception, caller: Caller) -> Response:
        """A refusal where no GraphQL is spoken: {code, message, hint, …} under the status of it."""
        causes = error.errors if isinstance(error, Rejected) else [error]
        response = self.told(self.tell(causes[0], caller))
        if isinstance(error, RequestRefused):
            response.status_code = error.status
            response.headers.update(error.headers)
        return response

    def told(self, error: Mapping[str, Any]) -> Response:
        """The same for an error that was told already."""
        body = encode({"message": error["message"], **error["extensions"]})
        response = Response(body, self.status(error, GRAPHQL), media_type=JSON)
        if wait := error["extensions"].get("retryAfter"):
            response.headers["retry-after"] = str(math.ceil(wait))
        return response


def _extensions(refusal: HubError, caller: Caller) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": refusal.code.value, "requestId": caller.request_id}
    if refusal.hint is not None:
        extensions["hint"] = refusal.hint.in_(caller.language)
    if refusal.retry_after is not None:
        extensions["retryAfter"] = refusal.retry_after
    if refusal.path:
        extensions["inputPath"] = refusal.path
    if isinstance(refusal, ChangeTokenExpired):
        extensions["restartToken"] = refusal.restart_token
    return extensions
