"""A list of values as a DCC prints it: how the hub stores it, and where in its table it stood."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hub.importers.dcc.dsi import Component, Series, UncertaintyKind
from hub.importers.dcc.values import Quantity
from hub.values import plain

Told = tuple[str | None, ...]
"""Numbers as text, None where the file prints NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """An uncertainty: U with k and p, or the standard uncertainty, by itself or of an interval."""

    kind: UncertaintyKind
    u: Told
    k: Told = ()
    p: Told = ()
    distribution: tuple[str, ...] = ()
    minimum: Told = ()
    maximum: Told = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One list of values; those with the same `quantity` are one quantity of its table.

    `units` and the members of `uncertainty` have one item for all values or one for each.
    `relative` is the relative uncertainty. The others are those of `Quantity` and `Series`.
    """

    quantity: int
    name: str | None = None
    ref_types: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    inner: bool = False
    conditional: bool = False
    form: str = ""
    element: str = ""
    component: Component = Component.VALUE
    values: tuple[str, ...]
    units: tuple[str, ...]
    uncertainty: Stated | None = None
    relative: "Printed | None" = None
    labels: tuple[str, ...] = ()
    times: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """The list as JSON; what is absent is left out but for the members that clients see."""
        several = len(set(self.units)) > 1
        return {
            "name": self.name,
            "refTypes": list(self.ref_types),
            "unit": " ".join(dict.fromkeys(self.units)) or None,
            "values": list(self.values),
            **(_stored_uncertainty(self.uncertainty) if self.uncertainty else {}),
            "quantity": self.quantity,
            "form": self.form,
            "element": self.element,
            **_present(
                units=self.units if several else (),
                within=self.within,
                inner=self.inner,
                conditional=self.conditional,
                component="" if self.component is Component.VALUE else self.component.value,
                relative=self.relative and self.relative.stored(),
                labels=self.labels,
                times=self.times,
            ),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Printed":
        """The list that is stored as `stored`."""
        one = (stored["unit"],) if stored["unit"] else ()
        relative = stored.get("relative")
        return cls(
            quantity=stored["quantity"],
            name=stored["name"],
            ref_types=tuple(stored["refTypes"]),
            within=tuple(stored.get("within", ())),
            inner=stored.get("inner", False),
            conditional=stored.get("conditional", False),
            form=stored["form"],
            element=stored["element"],
            component=Component(stored.get("component", Component.VALUE)),
            values=tuple(stored["values"]),
            units=tuple(stored.get("units", one)),
            uncertainty=_uncertainty_of(stored) if "u" in stored else None,
            relative=None if relative is None else cls.of(relative),
            labels=tuple(stored.get("labels", ())),
            times=tuple(stored.get("times", ())),
        )


def is_whole(stored: Mapping[str, Any]) -> bool:
    """Whether a stored list says where it stood; those of older imports do not."""
    return "quantity" in stored


def printed(number: int, quantity: Quantity) -> Iterator[Printed]:
    """The lists of the quantity that is the `number`-th of its table, token by token."""
    relative = quantity.relative_uncertainty
    for place, series in enumerate(quantity.series):
        yield _printed(number, quantity, series, relative if place == 0 else None)


def _printed(number: int, quantity: Quantity, series: Series, relative: Series | None) -> Printed:
    return Printed(
        quantity=number,
        name=quantity.name.best or None,
        ref_types=quantity.ref_types,
        within=quantity.within,
        inner=quantity.inner,
        conditional=quantity.conditional,
        form=quantity.form,
        element=series.element,
        component=series.component,
        values=series.printed,
        units=tuple(unit.printed for unit in series.units),
        uncertainty=_stated(series),
        relative=None if relative is None else _printed(number, quantity, relative, None),
        labels=series.labels,
        times=series.times,
    )


def _stated(series: Series) -> Stated | None:
    told = series.uncertainty
    if told is None:
        return None
    return Stated(
        kind=told.kind,
        u=_texts(told.values),
        k=_texts(told.k),
        p=_texts(told.p),
        distribution=told.distribution,
        minimum=_texts(told.minimum),
        maximum=_texts(told.maximum),
    )


def _texts(values: Iterable[Decimal | None]) -> Told:
    return tuple(None if value is None else plain(value) for value in values)


def _stored_uncertainty(stated: Stated) -> dict[str, Any]:
    return {
        "u": list(stated.u),
        "k": list(stated.k),
        "p": list(stated.p),
        "kind": stated.kind.value,
        **_present(
            distribution=stated.distribution, minimum=stated.minimum, maximum=stated.maximum
        ),
    }


def _uncertainty_of(stored: Mapping[str, Any]) -> Stated:
    names = ("u", "k", "p", "distribution", "minimum", "maximum")
    return Stated(
        kind=UncertaintyKind(stored["kind"]),
        **{name: tuple(stored.get(name, ())) for name in names},
    )


def _present(**values: Any) -> dict[str, Any]:
    """Those of `values` that say something, lists as JSON has them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value
    }
