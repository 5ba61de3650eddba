"""What PostgreSQL and its driver say of values that are too many or too large."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import Code
from hub.policy import readable
from hub.tables.organization import Organization
from hub.web.faults import foreign


def too_many() -> Select[Any]:
    wanted = [uuid4() for _ in range(32_768)]
    return readable(PLATFORM, Organization).where(col(Organization.id).in_(wanted))


def too_large() -> Select[Any]:
    return select(func.repeat("x", 2**30))


@pytest.mark.parametrize("statement", [too_many, too_large])
async def test_what_the_database_cannot_take_is_the_fault_of_the_values(
    database: Database, statement: Any
) -> None:
    async with database.reader(PLATFORM) as reader:
        with pytest.raises(DBAPIError) as caught:
            await reader.all(statement())

    assert foreign(caught.value).code is Code.BAD_INPUT
