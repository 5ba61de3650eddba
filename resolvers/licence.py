"""Queries on applications for administrative licences."""

from typing import Any

import strawberry

from schema.licence import LicenceApplication
from schema.root import listing, lookup


@strawberry.type
class LicenceQuery:
    """Applications for licences."""

    licence_application: Any = lookup(LicenceApplication, "按标识符取行政许可申请")
    licence_applications: Any = listing(
        LicenceApplication, "可见的行政许可申请：本机构的，或监管区划内的"
    )
