"""Compulsory verification 强制检定: filings, appointments, tasks and results, as e-CQS has them."""

from collections.abc import Mapping

from hub.integrations.port import Flow
from hub.integrations.verification import filing_accepted, filing_returned, flows

FLOWS: Mapping[str, Flow] = {
    "filing.accepted": Flow(filing_accepted),
    "filing.returned": Flow(filing_returned),
    "instrument.filing.refused": Flow(filing_returned, is_ours=True),
    **flows("appointment"),
}
"""What it tells, by type. None of its interfaces is public: the wire is the hub's own."""
