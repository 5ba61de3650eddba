"""Mutations on measurement standards."""

from typing import Any

import strawberry

from hub.actions.standard_sync import STANDARDS
from hub.tables.handed import StandardSync
from schema.standard import MeasurementStandard
from schema.standard_input import SyncStandardRow
from schema.sync import Naming, syncing


@strawberry.type
class StandardMutation:
    """Changes of measurement standards."""

    sync_standards: Any = syncing(
        STANDARDS,
        SyncStandardRow,
        StandardSync,
        MeasurementStandard,
        Naming("standard", "计量标准", "计量标准"),
    )
