"""Submissions 数据报检 to an institute's own system: requests, tasks and results."""

from collections.abc import Mapping

from hub.integrations.port import Flow
from hub.integrations.verification import flows

FLOWS: Mapping[str, Flow] = flows("submission")
"""What it tells, by type."""
