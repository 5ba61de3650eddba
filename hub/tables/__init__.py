"""What is stored: one noun a file. Importing this package knows every table."""

from hub.tables import (
    capability,
    catalogue,
    certificate,
    comparison,
    connector,
    document,
    exchange,
    export,
    fee,
    instrument,
    journal,
    organization,
    personnel,
    qualification,
    standard,
    user,
    webhook,
)
from hub.tables.base import metadata

__all__ = [
    "capability",
    "catalogue",
    "certificate",
    "comparison",
    "connector",
    "document",
    "exchange",
    "export",
    "fee",
    "instrument",
    "journal",
    "metadata",
    "organization",
    "personnel",
    "qualification",
    "standard",
    "user",
    "webhook",
]
