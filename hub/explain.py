"""What `hub explain` finds out of an operation where no hub is running, and how it shows it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from hub.actor import Actor, Sight
from hub.engine.plan import Plans
from hub.settings import Settings
from hub.times import today
from hub.web.body import Asked
from hub.web.documents import Documents
from hub.web.door import Caller
from hub.web.explaining import Asker, Explaining
from hub.web.problems import Problems
from resolvers.root import build
from schema.declare import camel
from schema.explain import ExplainedField, ExplainedRoot, Explanation, FieldVerdict
from schema.view import Views

BAR = 10
COLOURS = {Sight.CLEAR: "green", Sight.MASKED: "yellow", Sight.HIDDEN: "red"}


def offline(
    document: str,
    variables: Mapping[str, Any],
    name: str | None,
    actor: Actor,
    settings: Settings,
) -> Explanation:
    """What an operation would do for `actor` today, SQL included, where no hub is running."""
    core = build()._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    caller = Caller({}, None, "zh", "offline")
    insider = settings.outsider_introspection or not actor.is_anonymous
    asker = Asker(caller, actor, Views(core).of(actor), today(), insider=insider, reads_sql=True)
    asked = Asked(document, dict(variables), name)
    return Explaining(Documents(), Plans(), Problems(settings)).explain(asked, asker)


def as_json(told: Explanation) -> dict[str, Any]:
    """The explanation as the root field `explain` answers it."""
    return asdict(told, dict_factory=lambda pairs: {camel(name): value for name, value in pairs})


def shown(told: Explanation) -> RenderableType:
    """The explanation for a terminal."""
    parts: list[RenderableType] = [_problem(told)] if told.problems else []
    roots = [] if told.problems else told.roots
    if told.cost is not None:
        parts += [_head(told), *map(_root, roots), _tree(told)]
    if told.entities:
        parts.append(_entities(told))
    return Group(*parts, *(_sql(root.key, root.sql) for root in roots if root.sql))


def _problem(told: Explanation) -> RenderableType:
    lines = ["[red]执行时将被拒绝[/red]"]
    for one in told.problems:
        place = f"第 {one.line} 行第 {one.column} 列：" if one.line else ""
        lines.append(f"  [red]{one.code}[/red] {place}{escape(one.message)}")
        lines += [f"    {escape(one.hint)}"] if one.hint else []
    return Text.from_markup("\n".join(lines))


def _head(told: Explanation) -> RenderableType:
    cost = told.cost
    assert cost is not None  # noqa: S101 -- the caller has looked
    table = Table("", "至多", "上限", title=f"{told.operation} {told.name or ''}".strip())
    for words, number, most in (
        ("点", cost.requested, cost.maximum),
        ("行", cost.rows, cost.maximum_rows),
        ("值", cost.values, cost.maximum_values),
    ):
        colour = "red" if number > most else "none"
        table.add_row(words, f"[{colour}]{number:,}[/{colour}]", f"{most:,}")
    table.add_row("语句", _number(told.statements), "")
    return table


def _number(statements: int | None) -> str:
    return "取决于数据" if statements is None else str(statements)


def _root(root: ExplainedRoot) -> RenderableType:
    how = "一条语句作答" if root.declined is None else f"逐字段解析：{escape(root.declined)}"
    return Text.from_markup(
        f"[bold]{root.key}[/bold] {how}；语句 {_number(root.statements)}，至多 {root.rows:,} 个对象"
    )


def _sql(key: str, sql: str) -> RenderableType:
    """A statement as it is sent; it may hold characters that a terminal does not show."""
    return Text(f"\n{key} 的语句\n").append(Text(sql, style="dim"))


def _tree(told: Explanation) -> RenderableType:
    """The fields by their paths, each with its price and what the caller gets of it."""
    top = Tree("[bold]字段[/bold]（点 · 每个上级之下的行 · 可见性）")
    branches: dict[tuple[str, ...], Tree] = {(): top}
    whole = max((one.points for one in told.fields), default=0)
    for one in told.fields:
        above = branches[tuple(one.path[:-1])]
        branches[tuple(one.path)] = above.add(Text.from_markup(_line(one, whole)))
    if told.omitted:
        top.add(f"……另有 {told.omitted} 个字段")
    return top


def _line(one: ExplainedField, whole: int) -> str:
    parts = [f"[bold]{one.path[-1]}[/bold]"]
    if one.points:
        parts.append(f"{'█' * max(1, round(BAR * one.points / whole))} {one.points:,} 点")
    if one.size is not None:
        parts.append(f"≤{one.size} 行")
    if one.verdict is not None:
        parts.append(_verdict(one.verdict))
    return "  ".join(parts)


def _verdict(verdict: FieldVerdict) -> str:
    mark = "◐" if verdict.sight is None else "●"
    colour = "cyan" if verdict.sight is None else COLOURS[verdict.sight]
    return f"[{colour}]{mark}[/{colour}] {escape(verdict.reason)}"


def _entities(told: Explanation) -> RenderableType:
    each = "，".join(f"{one.noun} {one.most:,}" for one in told.entities)
    return Text.from_markup(f"[bold]至多给出的对象[/bold] {each}")
