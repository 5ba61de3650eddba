"""Draws certificates as `issueCertificate` takes them: results of every shape, in many units."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hub.actions.certificate_draft import Party, PointDraft, ResultDraft, StandardDraft
from hub.exporters.dcc.whole import Whole
from hub.importers.dcc.columns import VERDICTS
from hub.values import plain
from hub.vocabulary import (
    CertificateKind,
    Conclusion,
    DecisionRule,
    Location,
    ReplacementKind,
    ResultKind,
    ResultStage,
)
from tests.exporters.wholes import a_whole

UNITS = ("MPa", "Mpa", "mm", "μm", "℃", "K", "Ω", "m/s", "N·m", "m³/h", "kg", "dB", "V/m", "%", "1")
LETTERS = st.characters(
    blacklist_categories=("Cc", "Cs", "Cn", "Co"), blacklist_characters="\ufffe\uffff"
)
WORDS = st.one_of(
    st.sampled_from(["示值误差", '压力 P<1 & "x"', "Temperature", "通道 1", "𠮷"]),
    st.text(LETTERS, min_size=1, max_size=12),
).filter(lambda words: words == words.strip())
COUNTING = st.integers(1, 10**9)
PLACES = st.integers(0, 9)
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))


def numbers(least: int = -(10**9)) -> st.SearchStrategy[Decimal]:
    """Decimals of which every zero counts: 1.50, -0.020, 3000."""
    return st.builds(
        lambda digits, places: Decimal(digits).scaleb(-places), st.integers(least, 10**9), PLACES
    )


U = numbers(1)
K = st.sampled_from(["1", "2", "2.00", "1.96", "3"]).map(Decimal)
P = st.sampled_from(["0.95", "0.9500", "0.9973", "1", "0.99"]).map(Decimal)


@st.composite
def points(draw: st.DrawFn) -> PointDraft:
    """A point with a number at least; U in the unit of the measured value, or relative."""
    unit = draw(st.sampled_from(UNITS))
    maybe: dict[str, Any] = {
        name: draw(st.none() | numbers()) for name in ("nominal", "reference", "error")
    }
    bare = not any(value is not None for value in maybe.values())
    measured = draw(numbers() if bare else st.none() | numbers())
    lower, upper = sorted(draw(st.tuples(numbers(), numbers())))
    limits = draw(st.sampled_from([(None, None), (lower, upper), (lower, None), (None, upper)]))
    has_u = measured is not None and draw(st.booleans())
    relative = draw(st.sampled_from([None, unit, "%"]))
    verdict = draw(st.none() | st.sampled_from(list(VERDICTS.values())))
    return PointDraft(
        **maybe,
        unit=unit,
        measured=measured,
        quantity=draw(st.none() | WORDS),
        reference_unit=draw(st.none() | st.sampled_from(UNITS)),
        error_unit=draw(st.none() | st.sampled_from(UNITS)),
        u=draw(U) if has_u else None,
        u_unit=relative if has_u else None,
        k=draw(K) if has_u else None,
        p=draw(st.none() | P) if has_u else None,
        mpe_lower=limits[0],
        mpe_upper=limits[1],
        verdict=verdict,
        decision_rule=draw(st.none() | st.sampled_from(DecisionRule)) if verdict else None,
    )


def results() -> st.SearchStrategy[ResultDraft]:
    """A result of one parameter; points often share their units and names."""
    alike = points().flatmap(lambda one: st.lists(st.just(one), min_size=1, max_size=4))
    several = st.lists(points(), max_size=5)
    return st.builds(
        ResultDraft,
        parameter=WORDS,
        kind=st.sampled_from(ResultKind),
        stage=st.sampled_from(ResultStage),
        method=st.none() | WORDS,
        points=st.one_of(several, st.builds(lambda one, other: one + other, alike, several)),
    )


MEASURED_IN = {"temperature": "℃", "humidity": "%RH", "pressure": "kPa"}
CONDITIONS = st.fixed_dictionaries(
    {
        "quantity": st.sampled_from(list(MEASURED_IN)),
        "stage": st.sampled_from([stage.value for stage in ResultStage]),
    },
    optional=dict.fromkeys(("lower", "upper", "value"), numbers().map(plain)),
).map(lambda one: one | {"unit": MEASURED_IN[one["quantity"]]})


@st.composite
def certificates(draw: st.DrawFn) -> Whole:
    """A whole certificate with its dates in order."""
    first = draw(DAYS)
    steps = draw(st.lists(st.integers(0, 60), min_size=4, max_size=4))
    days = [first + timedelta(days=sum(steps[:at])) for at in range(5)]
    replaces = draw(st.none() | WORDS)
    return a_whole(
        number=draw(WORDS),
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        issuer=draw(parties()),
        client=draw(parties()),
        item_snapshot=draw(
            st.fixed_dictionaries(
                {"name": WORDS},
                optional=dict.fromkeys(("modelSpec", "serialNo", "manufacturer", "assetNo"), WORDS),
            )
        ),
        printed_persons=draw(
            st.dictionaries(
                st.sampled_from(["testedBy", "checkedBy", "approvedBy"]), WORDS, min_size=1
            )
        ),
        technical_basis=draw(st.lists(WORDS, unique=True, max_size=3)),
        standards_used=draw(
            st.lists(
                st.builds(StandardDraft, name=WORDS, certificate_no=st.none() | WORDS), max_size=3
            )
        ),
        received_at=draw(st.none() | st.just(days[0])),
        test_from=days[1],
        test_to=days[2],
        issue_date=draw(st.none() | st.just(days[3])),
        valid_until=(agreed := draw(st.none() | st.just(days[4]))),
        recalibration_agreed=agreed is not None,
        location=draw(st.sampled_from(Location)),
        environment=draw(st.lists(CONDITIONS, max_size=3)),
        results=draw(st.lists(results(), max_size=3)),
        conclusion=draw(
            st.sampled_from([Conclusion.QUALIFIED, Conclusion.UNQUALIFIED, Conclusion.RESULT_ONLY])
        ),
        conclusion_reason=draw(st.none() | WORDS),
        replaces=replaces,
        replacement_kind=draw(st.sampled_from(ReplacementKind)) if replaces else None,
    )


def parties() -> st.SearchStrategy[Party]:
    """An organisation of any country."""
    return st.builds(
        Party,
        name=WORDS,
        country=st.sampled_from(["CN", "DE", "US"]),
        address=st.none() | WORDS,
        website=st.none() | st.just("https://example.com/计量?a=1&b=2"),
        uscc=st.none() | st.just("91320500MAY4LR3A1Y"),
    )
