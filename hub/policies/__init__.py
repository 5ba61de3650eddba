"""Who may read which rows, one noun a file. Importing this package knows every policy."""

from hub.policies import (
    certificate,
    export,
    instrument,
    journal,
    organization,
    personnel,
    reference,
    saved_query,
    standard,
    user,
    webhook,
)

__all__ = [
    "certificate",
    "export",
    "instrument",
    "journal",
    "organization",
    "personnel",
    "reference",
    "saved_query",
    "standard",
    "user",
    "webhook",
]
