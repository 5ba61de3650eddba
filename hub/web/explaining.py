"""Operations explained by the documents and plans that they run by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from hub.actor import Actor
from hub.engine.explain import cost_of, explained
from hub.engine.plan import Plan, Plans
from hub.errors import CostExceeded, HubError, Words
from hub.vocabulary import Role
from hub.web.body import Asked
from hub.web.documents import Documents
from hub.web.door import Caller
from hub.web.execution import planned
from hub.web.problems import Problems, Rejected
from hub.web.tabling import Tabling
from schema.explain import ExplainedProblem, Explanation, OperationCost

SQL_READERS = frozenset({Role.OPERATOR, Role.DATA_STEWARD, Role.AUDITOR})
"""Who is told the SQL of a statement, and with it the names of tables and columns."""


@dataclass(frozen=True)
class Asker:
    """For whom operations are explained: the schema that they see, and in which words."""

    caller: Caller
    actor: Actor
    schema: GraphQLSchema
    today: date
    insider: bool
    reads_sql: bool = False
    """Whether the SQL is told whatever the roles are."""

    @property
    def with_sql(self) -> bool:
        """Whether they are told the SQL of statements."""
        return self.reads_sql or self.actor.has(SQL_READERS)


class Explaining:
    """Explains operations; with the documents and plans of a process, or with its own."""

    def __init__(self, documents: Documents, plans: Plans, problems: Problems) -> None:
        self._documents = documents
        self._plans = plans
        self._problems = problems

    def explain(self, asked: Asked, asker: Asker) -> Explanation:
        """What the operation would do, or why it would be refused before any field ran."""
        try:
            reading = self._documents.read(asked.query, asker.schema, insider=asker.insider)
            found = planned(
                self._plans, reading, asked, asker.actor, asker.today, insider=asker.insider
            )
        except Rejected as rejected:
            return self._refused(rejected.errors, asker)
        except (GraphQLError, HubError) as refusal:
            return self._refused([refusal], asker)
        name, language = found.prepared.name, asker.caller.language
        return explained(found.plan, found.request, name, language, with_sql=asker.with_sql)

    def _refused(self, errors: Sequence[Exception], asker: Asker) -> Explanation:
        """The explanation of what cannot be planned."""
        told = (self._problems.tell(error, asker.caller) for error in errors)
        return Explanation(
            operation=None,
            name=None,
            cost=None,
            problems=[_problem(one) for one in told],
            statements=None,
            roots=[],
            fields=[],
            omitted=0,
            entities=[],
        )


def _problem(told: Mapping[str, Any]) -> ExplainedProblem:
    extensions = told["extensions"]
    place: Mapping[str, int] = next(iter(told.get("locations", ())), {})
    return ExplainedProblem(
        code=extensions["code"],
        message=told["message"],
        hint=extensions.get("hint"),
        path=[str(step) for step in extensions.get("inputPath", ())],
        line=place.get("line"),
        column=place.get("column"),
    )


@dataclass
class OwnBriefing:
    """What one operation may learn of plans."""

    plan: Plan
    asker: Asker
    explaining: Explaining
    tabling: Tabling
    has_explained: bool = False

    def cost(self) -> OperationCost:
        """The price of the operation itself."""
        return cost_of(self.plan, self.asker.actor)

    def explain(
        self, document: str, variables: Mapping[str, Any] | None, name: str | None
    ) -> Explanation:
        """What the operation `name` of `document` would do for the same caller.

        CostExceeded when it is asked a second time: a document takes as long to judge as to run.
        """
        if self.has_explained:
            raise CostExceeded(
                "一次操作只解释一个文档",
                "one operation explains one document",
                hint=Words("分几次请求", "ask in several requests"),
            )
        self.has_explained = True
        asked = Asked(document, dict(variables or {}), name)
        return self.explaining.explain(asked, self.asker)

    def check_table(self, document: str, variables: Mapping[str, Any]) -> None:
        """Raise BadInput unless the same caller may have `document` as a table."""
        self.tabling.check(document, variables, self.asker.actor, self.asker.schema)
