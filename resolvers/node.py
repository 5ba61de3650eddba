"""Root fields of no noun: any object by its id, and the labels of the closed lists."""

import asyncio
from typing import Annotated

import strawberry

from hub.errors import BadInput
from schema.context import Info
from schema.costs import Listed
from schema.declare import NOUNS, Lookup, Lookups
from schema.ids import MOST_IDS, decode
from schema.noun import Node
from schema.resolve import by_id
from schema.terms import TERMS, TermLabels, labels


@strawberry.type
class NodeQuery:
    """Nodes and labels."""

    @strawberry.field(
        description="按标识符取任一对象；不存在与无权查看不可区分",
        metadata={"compiles": Lookup(None)},
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="标识符")]
    ) -> Node | None:
        return await find(info, id, "id")

    @strawberry.field(
        description="按多个标识符取对象，次序与标识符相同，至多 100 个",
        metadata={"compiles": Lookups(), "listed": Listed(MOST_IDS, per="ids")},
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="标识符")],
    ) -> list[Node | None] | None:
        if len(ids) > MOST_IDS:
            raise BadInput(
                f"至多 {MOST_IDS} 个标识符，收到 {len(ids)} 个",
                f"at most {MOST_IDS} ids, got {len(ids)}",
                path=("ids",),
            )
        return list(await asyncio.gather(*(find(info, one, "ids") for one in ids)))

    @strawberry.field(
        description="枚举取值的中文名", metadata={"statements": 0, "listed": Listed(len(TERMS))}
    )
    def enum_labels(
        self,
        name: Annotated[str | None, strawberry.argument(description="枚举名；省略则全部")] = None,
    ) -> list[TermLabels]:
        return labels(name)


async def find(info: Info, id_: str, path: str) -> Node | None:
    """The object with an id, whatever its noun."""
    name, key = decode(id_, (path,))
    table = next((table for table, spec in NOUNS.items() if spec.name == name), None)
    if table is None:
        raise BadInput("标识符无效", "this is not an id of the hub", path=(path,))
    found: Node | None = await by_id(info.context, table, key)
    return found
