"""Whose word counts: nothing known better is written over, and nothing changes by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exchange import ConflictRule, ConnectorKind
from hub.rules.sources import NEVER_SAID, Verdict, Weight, judge, weight

VALUES = st.one_of(st.none(), st.sampled_from("abc"))
BASES = st.one_of(st.just(NEVER_SAID), VALUES)
WEIGHTS = st.sampled_from(Weight)
TAKEN = (Verdict.TAKE, Verdict.TAKE_ANYWAY)


@pytest.mark.parametrize(
    ("noun", "field", "kind", "counts"),
    [
        ("Instrument", "department", ConnectorKind.ERP, Weight.MORE),
        ("Instrument", "location", ConnectorKind.ERP, Weight.MORE),
        ("Instrument", "custodian", ConnectorKind.ERP, Weight.MORE),
        ("Instrument", "status", ConnectorKind.ERP, Weight.MORE),
        ("Instrument", "status", ConnectorKind.ECQS, Weight.LESS),
        ("Instrument", "filing", ConnectorKind.ECQS, Weight.MORE),
        ("Instrument", "compulsory", ConnectorKind.ERP, Weight.LESS),
        ("Instrument", "lastDate", ConnectorKind.ERP, Weight.LESS),
        ("Instrument", "lastDate", ConnectorKind.SUBMISSION, Weight.MORE),
        ("Instrument", "name", ConnectorKind.ERP, Weight.AS_MUCH),
        ("Certificate", "conclusion", ConnectorKind.SUBMISSION, Weight.MORE),
        ("Certificate", "conclusion", ConnectorKind.ERP, Weight.LESS),
        ("Organization", "name", ConnectorKind.ERP, Weight.LESS),
        ("FeeItem", "price", ConnectorKind.ERP, Weight.LESS),
    ],
)
def test_each_field_has_the_one_who_knows_it_best(
    noun: str, field: str, kind: ConnectorKind, counts: Weight
) -> None:
    assert weight(noun, field, kind) is counts


@given(WEIGHTS, BASES, VALUES)
def test_where_both_say_the_same_nothing_happens(
    counts: Weight, base: object, value: str | None
) -> None:
    assert judge(counts, base, value, value).verdict is Verdict.SAME


@given(WEIGHTS, VALUES, VALUES)
def test_a_source_that_says_what_it_said_before_changes_nothing(
    counts: Weight, ours: str | None, theirs: str | None
) -> None:
    assert judge(counts, theirs, ours, theirs).verdict in (Verdict.SAME, Verdict.KEEP)


@given(BASES, VALUES, VALUES)
def test_who_counts_less_writes_over_nothing(
    base: object, ours: str | None, theirs: str | None
) -> None:
    verdict, rule = judge(Weight.LESS, base, ours, theirs)

    assert verdict is not Verdict.TAKE_ANYWAY
    assert verdict is not Verdict.TAKE or (ours is None and base is NEVER_SAID)
    assert (rule is ConflictRule.LESSER) == (verdict is Verdict.CONFLICT)


@given(BASES, VALUES, VALUES)
def test_who_knows_best_is_always_taken_when_it_says_something_new(
    base: object, ours: str | None, theirs: str | None
) -> None:
    verdict, _ = judge(Weight.MORE, base, ours, theirs)

    assert (verdict in TAKEN) == (theirs not in (ours, base))


@given(st.sampled_from([Weight.MORE, Weight.AS_MUCH]), VALUES, VALUES, VALUES)
def test_no_change_of_ours_is_written_over_without_a_trace(
    counts: Weight, base: str | None, ours: str | None, theirs: str | None
) -> None:
    verdict, rule = judge(counts, base, ours, theirs)

    if ours != base:
        assert verdict is not Verdict.TAKE
    assert (rule is None) == (verdict in (Verdict.SAME, Verdict.KEEP, Verdict.TAKE))


@given(WEIGHTS, BASES, VALUES, VALUES)
def test_a_verdict_that_was_carried_out_is_not_given_again(
    counts: Weight, base: object, ours: str | None, theirs: str | None
) -> None:
    verdict, _ = judge(counts, base, ours, theirs)
    left = theirs if verdict in TAKEN else ours

    assert judge(counts, theirs, left, theirs).verdict in (Verdict.SAME, Verdict.KEEP)
