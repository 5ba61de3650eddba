"""What a plan would do for a request, told before anything is read: no statement is run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice

from hub.actor import Actor, Level, Sight
from hub.engine.arguments import noun_of
from hub.engine.plan import Plan, Request
from hub.engine.price import Length, Priced, limits_of, page_size
from hub.engine.rows import refused
from hub.engine.tree import Field
from hub.errors import CostExceeded, HubError, Words
from hub.policy import may_count
from schema.costs import IN_PAGES
from schema.declare import NOUNS, PARTS, Declared, Many, One, Spec
from schema.explain import (
    MOST_FIELDS,
    ExplainedEntity,
    ExplainedField,
    ExplainedProblem,
    ExplainedRoot,
    Explanation,
    FieldVerdict,
    OperationCost,
)
from schema.view import sights

ROWS = {
    "self": Words("关于本人的行", "rows about yourself"),
    "own": Words("本机构（或经手、监管）的行", "rows of your organisation"),
    "other": Words("其他行", "other rows"),
}
COUNTED = Words(
    "总行数只在所见全为本机构范围时，或对平台人员给出",
    "rows are counted where all that is seen is one's own, and for the staff of the platform",
)
ONCE = Length()
NOT_RUN = Words("超过上限，不会执行", "it is beyond a limit and is not run")
UNMASKABLE = Words("；此字段没有脱敏的写法，故不给出", "; it has no masked form and is left out")


def cost_of(plan: Plan, actor: Actor) -> OperationCost:
    """The price of a plan, and the most that `actor` may spend on one operation."""
    limits = limits_of(actor)
    return OperationCost(
        requested=plan.cost.points,
        maximum=limits.points,
        rows=plan.cost.rows,
        maximum_rows=limits.rows,
        values=plan.cost.values,
        maximum_values=limits.values,
    )


def explained(
    plan: Plan, request: Request, name: str | None, language: str, *, with_sql: bool
) -> Explanation:
    """What `plan` does for `request`, in the words of `language`; SQL where it may be told."""
    teller = _Teller(plan, request, language, with_sql=with_sql)
    roots = [teller.root(one) for one in plan.prices]
    fields = (field for one in plan.prices for field in teller.fields(one))
    listed = list(islice(fields, MOST_FIELDS))
    return Explanation(
        operation=plan.kind.value,
        name=name,
        cost=cost_of(plan, request.actor),
        problems=[_over(plan.refusal, language)] if plan.refusal else [],
        statements=_together(plan, roots),
        roots=roots,
        fields=listed,
        omitted=sum(1 for _ in fields),
        entities=[
            ExplainedEntity(noun=noun, most=most) for noun, most in entities(plan.prices).items()
        ],
    )


def _over(refusal: CostExceeded, language: str) -> ExplainedProblem:
    return ExplainedProblem(
        code=refusal.code,
        message=refusal.words.in_(language),
        hint=refusal.hint.in_(language) if refusal.hint else None,
        path=[],
        line=None,
        column=None,
    )


def entities(roots: Iterable[Priced]) -> dict[str, int]:
    """The nouns of which the fields may show some, each with the most objects of it."""
    found: Counter[str] = Counter()
    for one in roots:
        for noun, most in _shown(one, 1):
            found[noun] += most
    return dict(sorted(found.items()))


def _shown(one: Priced, times: int) -> Iterator[tuple[str, int]]:
    """The nouns that a field shows, as it stands `times` times, with how many objects of each."""
    field = one.field
    listed = field.kind.name.removesuffix("Connection")
    if (
        field.is_page
        and _is_noun(listed)
        and any(part.name in ("nodes", "edges") for part in field.inside)
    ):
        yield listed, times * page_size(field)
    in_page = field.on.name.endswith(IN_PAGES)
    for name, length in _led_to(one).items():
        if not in_page and _is_noun(name):
            yield name, times * length.most
        for inner in one.sides[name]:
            yield from _shown(inner, times * length.most)


def _led_to(one: Priced) -> Mapping[str, Length]:
    """The types of object that a field leads to, each with how many objects of it.

    Where the field is given ids, these tell of which types they are.
    """
    given = one.field.given
    if len(one.sides) < 2 or not ("id" in given or "ids" in given):
        return dict.fromkeys(one.sides, one.length)
    found: Counter[str] = Counter()
    for id_ in given["ids"] if "ids" in given else [given["id"]]:
        with suppress(HubError):
            noun = noun_of(id_)
            found.update([noun.name] if noun and noun.name in one.sides else [])
    return {name: Length(number, number) for name, number in found.items()}


def _is_noun(name: str) -> bool:
    return any(spec.name == name for spec in NOUNS.values())


def _together(plan: Plan, roots: list[ExplainedRoot]) -> int | None:
    """The statements of all roots; what is read once for all of them is counted once."""
    found: dict[str, int] = {}
    for one, root in zip(plan.fields, roots, strict=True):
        if root.statements is None:
            return None
        found[one.coordinate if one.metadata.get("once") else one.key] = root.statements
    return sum(found.values())


class _Teller:
    """Tells of the fields of one plan; of each coordinate the verdict is reached once."""

    def __init__(self, plan: Plan, request: Request, language: str, *, with_sql: bool) -> None:
        self._plan = plan
        self._request = request
        self._actor = request.actor
        self._language = language
        self._with_sql = with_sql
        self._verdicts: dict[str, FieldVerdict | None] = {}

    def root(self, one: Priced) -> ExplainedRoot:
        """How a root field is answered."""
        field = one.field
        statement = self._plan.statements.get(field.key)
        declined = NOT_RUN if self._plan.refusal else self._plan.declined.get(field.key)
        if statement is not None:
            try:
                statement.arguments(self._request)
            except HubError:
                declined, statement = refused().words, None
        return ExplainedRoot(
            key=field.key,
            coordinate=field.coordinate,
            declined=declined and declined.in_(self._language),
            statements=1 if statement else self._resolved(one),
            rows=sum(entities([one]).values()),
            sql=statement.compiled.text if statement and self._with_sql else None,
        )

    def _resolved(self, one: Priced) -> int | None:
        """The statements of a field that graphql-core answers, where its declaration knows them.

        Below an edge their number depends on the rows.
        """
        field = one.field
        if self._plan.refusal or field.name.startswith("__") or field.fault is not None:
            return 0
        if field.key in self._plan.effects:
            return 1 + len(self._plan.effects[field.key])
        declared = field.metadata.get("statements")
        if declared is None or _leads_on(one):
            return None
        number: int = declared(self._actor) if callable(declared) else declared
        return number

    def fields(
        self, one: Priced, above: tuple[str, ...] = (), times: Length = ONCE
    ) -> Iterator[ExplainedField]:
        """A field and those under it, where it stands so many times."""
        field = one.field
        path = (*above, field.key)
        cost = times.of(one.cost)
        yield ExplainedField(
            path=list(path),
            coordinate=field.coordinate,
            points=cost.points,
            rows=cost.rows,
            values=cost.values,
            size=_size(field),
            verdict=self._verdict(field),
        )
        for name, length in _led_to(one).items():
            for inner in one.sides[name]:
                yield from self.fields(inner, path, times.times(length))

    def _verdict(self, field: Field) -> FieldVerdict | None:
        at = field.coordinate
        if at not in self._verdicts:
            self._verdicts[at] = self._reached(field)
        return self._verdicts[at]

    def _reached(self, field: Field) -> FieldVerdict | None:
        if field.name == "totalCount":
            return self._counted(field)
        specs: Iterator[Spec] = iter((*NOUNS.values(), *PARTS.values()))
        spec = next((spec for spec in specs if spec.name == field.on.name), None)
        if spec is None or field.declared is None:
            return None
        found = sights(self._actor, spec, field.declared)
        only = set(found.values())
        return FieldVerdict(
            level=field.declared.level,
            sight=next(iter(only)) if len(only) == 1 else None,
            about_self=found.get("self"),
            own=found.get("own"),
            other=found.get("other"),
            reason=reason(self._actor, field.declared, found).in_(self._language),
        )

    def _counted(self, field: Field) -> FieldVerdict:
        """Whether the rows of a list are counted: that is no matter of single rows."""
        noun = field.on.name.removesuffix("Connection")
        (table,) = (table for table, spec in NOUNS.items() if spec.name == noun)
        sight = Sight.CLEAR if may_count(self._actor, table) else Sight.HIDDEN
        return FieldVerdict(
            level=Level.O,
            sight=sight,
            about_self=None,
            own=sight,
            other=None,
            reason=COUNTED.in_(self._language),
        )


def _size(field: Field) -> int | None:
    """The rows that a field leads to under each object above it."""
    if field.is_page:
        return page_size(field)
    return field.declared.most if isinstance(field.declared, Many) else None


def _leads_on(one: Priced) -> bool:
    """Whether anything under a field is an edge of a noun."""
    return any(
        isinstance(inner.field.declared, One | Many) or _leads_on(inner)
        for side in one.sides.values()
        for inner in side
    )


def reason(actor: Actor, declared: Declared, found: Mapping[str, Sight]) -> Words:
    """Why `actor` gets of a field what it gets: its level, and whose rows those are."""
    level = declared.level
    by_sight: dict[Sight, list[Words]] = {}
    for kind, sight in found.items():
        by_sight.setdefault(sight, []).append(ROWS[kind])
    if len(by_sight) == 1:
        (sight,) = by_sight
        told = Words(sight.label, sight.lower())
    else:
        told = Words(
            "，".join(
                f"{'、'.join(at.zh for at in on)}{one.label}" for one, on in by_sight.items()
            ),
            ", ".join(
                f"{one.lower()} on {' and '.join(at.en for at in on)}"
                for one, on in by_sight.items()
            ),
        )
    wanted = {
        kind: actor.sight(level, own=kind != "other", person=kind == "self") for kind in found
    }
    more = UNMASKABLE if wanted != dict(found) else Words("", "")
    return Words(
        f"{level} 级（{level.label}）：{told.zh}{more.zh}", f"level {level}: {told.en}{more.en}"
    )
