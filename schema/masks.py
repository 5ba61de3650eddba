"""The masks of personal data, each in Python and as its twin for the database."""

from sqlalchemy import Boolean, Text, case, func, literal_column

from hub.rules.masks import (
    RESIDENT_ID_LENGTH,
    mask_email,
    mask_name,
    mask_phone,
    mask_resident_id,
)
from hub.rules.text import TIDIER, UNTIDY
from schema.declare import Mask, Sql
from schema.twins import constant

SHOWN = 4
TIDY = "^[!-~\u4e00-\u9fff]+$"
MOBILE = r"^(?:(?:\+|00)?86[- ]?)?(1[0-9]{2})[- ]?[0-9]{4}[- ]?([0-9]{4})$"
# Digits without a hyphen part in more than one way: Python's longest area code comes first.
LAND_LINES = {
    "***": r"^(0[0-9]{2,3}[- ]?)[0-9]{3}([0-9]{4})$",
    "****": r"^(0[0-9]{2,3}[- ]?)[0-9]{4}([0-9]{4})$",
}
ADDRESS = r"^(.).+@([^@]*)$"
DOMAIN = "@[^@]*$"
ALL_BUT_FIRST = "^.$|(?<=.)."


def tail(number: str) -> str:
    """The last four characters of a certificate's number, only stars for a shorter one."""
    shown = number[-SHOWN:] if len(number) > SHOWN else ""
    return "*" * (len(number) - len(shown)) + shown


def tail_sql(number: Sql) -> Sql:
    """The twin of `tail`."""
    shown: Sql = literal_column(str(SHOWN))
    hidden = _stars(func.length(number) - shown) + func.right(number, shown, type_=Text())
    return case((func.length(number) > shown, hidden), else_=_stars(func.length(number)))


def tidy_sql(text: Sql) -> Sql:
    """The twin of `hub.rules.text.tidy`; most texts are tidy, which is seen in a tenth the time."""
    folded = func.translate(text, constant(UNTIDY), constant(TIDIER))
    single = func.regexp_replace(folded, constant(" +"), constant(" "), constant("g"))
    is_tidy = text.op("~", return_type=Boolean())(constant(TIDY))
    return case((is_tidy, text), else_=func.btrim(single, type_=Text()))


def resident_id_sql(text: Sql) -> Sql:
    """The twin of `mask_resident_id`."""
    ends = [func.left(text, literal_column("1")), func.right(text, literal_column("1"))]
    whole = func.concat(ends[0], constant("*" * (RESIDENT_ID_LENGTH - 2)), ends[1], type_=Text())
    return case((func.length(text) == literal_column(str(RESIDENT_ID_LENGTH)), whole))


def name_sql(text: Sql) -> Sql:
    """The twin of `mask_name`."""
    stars = (constant(ALL_BUT_FIRST), constant("*"), constant("g"))
    return func.regexp_replace(tidy_sql(text), *stars, type_=Text())


def phone_sql(text: Sql) -> Sql:
    """The twin of `mask_phone`."""
    phone = tidy_sql(text)
    return func.coalesce(
        _kept(phone, MOBILE, "****"),
        *(_kept(phone, form, stars) for stars, form in LAND_LINES.items()),
        _stars(func.length(phone)),
        type_=Text(),
    )


def email_sql(text: Sql) -> Sql:
    """The twin of `mask_email`."""
    email = tidy_sql(text)
    hidden = constant("***") + func.substring(email, constant(DOMAIN), type_=Text())
    return func.coalesce(_kept(email, ADDRESS, "***@"), hidden, constant("***"), type_=Text())


def _kept(text: Sql, form: str, between: str) -> Sql:
    """The groups of the pattern `form` with `between` them; null for a text of another form."""
    return func.array_to_string(func.regexp_match(text, constant(form)), constant(between))


def _stars(count: Sql) -> Sql:
    return func.repeat(constant("*"), count, type_=Text())


NAME = Mask(mask_name, name_sql)
PHONE = Mask(mask_phone, phone_sql)
EMAIL = Mask(mask_email, email_sql)
RESIDENT_ID = Mask(mask_resident_id, resident_id_sql)
TAIL = Mask(tail, tail_sql)
