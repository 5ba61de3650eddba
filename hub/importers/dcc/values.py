"""The small values of a DCC draft: texts in several languages, readings, quantities, references."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.importers.dcc.dsi import Series, Unit

PREFERRED = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in all its languages: (language or "", words) in the printed order."""

    parts: tuple[tuple[str, str], ...]

    @property
    def best(self) -> str:
        """The Chinese words, else the English, else those of the first language; "" if empty."""
        languages = [language for language, _ in self.parts]
        chosen = next((each for each in PREFERRED if each in languages), None)
        chosen = chosen or next(iter(languages), "")
        return "\n".join(words for language, words in self.parts if language == chosen)


class Reading(NamedTuple):
    """One number of a certificate with every printed digit, and its unit."""

    value: Decimal
    unit: Unit


class Identification(NamedTuple):
    """A number that `issuer` (manufacturer, customer, calibrationLaboratory, …) gave a thing."""

    issuer: str
    value: str
    name: Text


class ReportRef(NamedTuple):
    """Another report: its number, where it is, and its hash if `procedure` is one ("SHA256")."""

    number: str
    referral: Text
    procedure: str
    value: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity of a DCC with all its series: a hybrid has one per unit, a complex one two.

    `within` names the meta data or condition around it ("basic_conformity"), `form` the D-SI
    element ("hybrid"); `text` and `chars` are what a quantity without numbers says. It is `inner`
    where it stands in another quantity, `conditional` where it stands in an influence condition.
    """

    name: Text
    ref_types: tuple[str, ...]
    within: tuple[str, ...]
    form: str
    series: tuple[Series, ...]
    relative_uncertainty: Series | None
    text: Text
    chars: tuple[str, ...]
    inner: bool = False
    conditional: bool = False


class HasQuantities(Protocol):
    """A part of a DCC that states quantities."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Those that it states, in the printed order."""
        ...
