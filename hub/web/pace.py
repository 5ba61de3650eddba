"""When work that is done for many at once lets everybody else have the loop."""

import asyncio
from time import monotonic

SLICE = 0.01
"""Seconds of work between two looks at what else there is to do."""


class Pace:
    """Turns at the loop: as many in a row as fit into a slice, and the next after everybody else.

    What is little takes one slice, so that its reads still meet.
    """

    def __init__(self) -> None:
        self._ends = 0.0
        self._is_new = False
        """Whether nobody has gone on in this slice: one does, however late it has become."""
        self._is_asked = False

    async def turn(self) -> None:
        """Return when there is time to go on."""
        while not self._is_new and monotonic() > self._ends:
            if not self._is_asked:
                self._is_asked = True
                asyncio.get_running_loop().call_soon(self._begin)
            await asyncio.sleep(0)
        self._is_new = False

    def _begin(self) -> None:
        self._is_asked = False
        self._is_new = True
        self._ends = monotonic() + SLICE
