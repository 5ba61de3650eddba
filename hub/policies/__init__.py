"""Who may read which rows, one noun a file. Importing this package knows every policy."""

from hub.policies import (
    certificate,
    instrument,
    journal,
    organization,
    personnel,
    reference,
    standard,
    user,
)

__all__ = [
    "certificate",
    "instrument",
    "journal",
    "organization",
    "personnel",
    "reference",
    "standard",
    "user",
]
