"""Who may read which rows, one noun a file. Importing this package knows every policy."""

from hub.policies import (
    certificate,
    connector,
    export,
    instrument,
    journal,
    licence,
    organization,
    personnel,
    reference,
    saved_query,
    standard,
    user,
    verification,
    webhook,
)

__all__ = [
    "certificate",
    "connector",
    "export",
    "instrument",
    "journal",
    "licence",
    "organization",
    "personnel",
    "reference",
    "saved_query",
    "standard",
    "user",
    "verification",
    "webhook",
]
