"""However many DCCs are asked for, one is written at a time, and none that nobody waits for."""

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from hub.actions.certificate_draft import ResultDraft
from hub.exporters.dcc.turns import written_dcc
from hub.exporters.dcc.whole import Whole
from hub.importers.dcc.read import read_dcc
from tests.exporters.wholes import a_whole


class Gate:
    """Holds up the writing of certificates until they may `go`; tells which have `begun`."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.at_work = Event()
        self.go = Event()

    def whole(self, number: str) -> Whole:
        """A certificate that stops here while it is written."""
        return a_whole(number=number, results=Watched(number, self))

    def enter(self, number: str) -> None:
        """Begin with the certificate `number`."""
        self.begun.append(number)
        self.at_work.set()
        self.go.wait(timeout=60)


class Watched(list[ResultDraft]):
    """The results of a certificate; whoever reads them is writing it."""

    def __init__(self, number: str, gate: Gate) -> None:
        super().__init__()
        self._number, self._gate = number, gate

    def __iter__(self) -> Iterator[ResultDraft]:
        self._gate.enter(self._number)
        return super().__iter__()


async def page(wholes: list[Whole], at_work: Event) -> None:
    """An operation that asks for several, whose deadline passes over the first of them."""
    async with asyncio.timeout(None) as deadline:
        asked = asyncio.gather(*(written_dcc(whole, None) for whole in wholes))
        await asyncio.to_thread(at_work.wait)
        deadline.reschedule(0)
        await asked


async def test_those_that_wait_are_written_in_turn() -> None:
    gate = Gate()
    wholes = [gate.whole(number) for number in ("1", "2", "3")]

    asked = asyncio.gather(*(written_dcc(whole, None) for whole in wholes))
    await asyncio.to_thread(gate.at_work.wait)
    meanwhile = list(gate.begun)
    gate.go.set()
    files = await asked

    assert meanwhile == ["1"]
    assert [read_dcc(file).number for file in files] == ["1", "2", "3"]


async def test_past_the_deadline_of_an_operation_no_further_one_is_begun() -> None:
    gate = Gate()

    with pytest.raises(TimeoutError):
        await page([gate.whole(number) for number in ("1", "2", "3")], gate.at_work)
    gate.go.set()
    await written_dcc(gate.whole("later"), None)

    assert gate.begun == ["1", "later"]
