"""DCCs written one after the other beside the event loop, however many are asked for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.write import write_dcc
from hub.signer import Signer

# One, as most of the work holds the interpreter: two would only keep the loop waiting longer.
_THREAD = ThreadPoolExecutor(1, "dcc")


async def written_dcc(whole: Whole, signer: Signer | None) -> bytes:
    """What `write_dcc` returns or raises, in its turn among all that the process writes.

    Who is cancelled while waiting, as by the deadline of an operation, is never begun.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREAD, write_dcc, whole, signer)
