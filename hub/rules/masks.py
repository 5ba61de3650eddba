"""What is left of personal data when it may not be read in clear."""

import re
from datetime import date

from hub.rules.organization import UsccVerdict, normal_uscc, uscc_verdict
from hub.rules.text import tidy

RESIDENT_ID_LENGTH = 18
RESIDENT_ID = re.compile(r"\d{6}((?:19|20)\d{2})(\d{2})(\d{2})\d{3}[\dX]", re.ASCII)
NO_USCC = frozenset({UsccVerdict.LENGTH, UsccVerdict.CHARSET})
MOBILE = re.compile(r"(?:(?:\+|00)?86[- ]?)?(1\d{2})[- ]?\d{4}[- ]?(\d{4})", re.ASCII)
LAND_LINE = re.compile(r"(0\d{2,3}[- ]?)(\d{3,4})(\d{4})", re.ASCII)


def mask_resident_id(text: str) -> str | None:
    """The first and the last character of 18; None for anything that is no resident id."""
    if len(text) != RESIDENT_ID_LENGTH:
        return None
    return text[0] + "*" * (RESIDENT_ID_LENGTH - 2) + text[-1]


def applicant_code(text: str) -> str:
    """A code of an organisation as it stands; that of anyone else, who may be a person, is masked.

    Of 18 digits, the last perhaps X, with a date of birth in them it is a resident id.
    """
    code = normal_uscc(text)
    if not is_resident_id(code) and uscc_verdict(code) not in NO_USCC:
        return code
    return mask_resident_id(code) or "*" * len(code)


def is_resident_id(code: str) -> bool:
    """Whether a code is built as a resident id is (GB 11643-1999), its check digit apart."""
    if (found := RESIDENT_ID.fullmatch(code)) is None:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def mask_name(text: str) -> str:
    """The first character and a star for each further one; a single character is hidden too."""
    name = tidy(text)
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


def mask_phone(text: str) -> str:
    """138****5678, 0512-****2345; only stars for a number of neither form."""
    phone = tidy(text)
    if mobile := MOBILE.fullmatch(phone):
        return f"{mobile[1]}****{mobile[2]}"
    if land_line := LAND_LINE.fullmatch(phone):
        return land_line[1] + "*" * len(land_line[2]) + land_line[3]
    return "*" * len(phone)


def mask_email(text: str) -> str:
    """z***@example.com; a local part of one character, and what is no address, is hidden whole."""
    local, at, domain = tidy(text).rpartition("@")
    shown = local[0] if len(local) > 1 else ""
    return f"{shown}***{at}{domain}" if at else "***"
