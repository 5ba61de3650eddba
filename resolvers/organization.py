"""Queries on organisations."""

from typing import Any

import strawberry

from schema.organization import Organization
from schema.root import listing, lookup


@strawberry.type
class OrganizationQuery:
    """Organisations."""

    organization: Any = lookup(Organization, "按标识符取机构")
    organizations: Any = listing(Organization, "机构列表")
