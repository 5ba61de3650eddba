"""Where a row came from."""

from datetime import datetime
from typing import Any

from hub.actor import Level
from schema.declare import Parts, Sql, computed
from schema.values import say, value


@value("数据来源")
class Source:
    """The system a row came from, its key there, when it said so and when it was fetched."""

    system: str | None = say("来源系统")
    key: str | None = say("在来源系统中的标识")
    as_of: datetime | None = say("来源系统所说的时刻；没有说的为空")
    fetched_at: datetime | None = say("取得时刻")

    @classmethod
    def of(
        cls,
        system: str | None,
        key: str | None,
        as_of: datetime | None,
        fetched_at: datetime | None,
    ) -> "Source | None":
        """The source, or None for what was entered in the hub."""
        return (
            None
            if system is None
            else cls(system=system, key=key, as_of=as_of, fetched_at=fetched_at)
        )

    @staticmethod
    def parts(system: Sql, key: Sql, as_of: Sql, fetched_at: Sql) -> Parts:
        """The twin of `of`."""
        told = {"system": system, "key": key, "as_of": as_of, "fetched_at": fetched_at}
        return Parts(told, present=system.is_not(None))


def source(level: Level) -> Any:
    """The field that says where a row came from."""
    return computed(
        level,
        "数据来源；在本平台录入的为空",
        Source.of,
        needs=["source_system", "source_key", "source_as_of", "source_fetched_at"],
        sql=Source.parts,
    )
