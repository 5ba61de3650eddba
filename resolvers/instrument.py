"""Queries on instruments."""

from typing import Any

import strawberry

from schema.instrument import Instrument
from schema.root import listing, lookup


@strawberry.type
class InstrumentQuery:
    """Instruments."""

    instrument: Any = lookup(Instrument, "按标识符取计量器具")
    instruments: Any = listing(Instrument, "本机构可见的计量器具")
