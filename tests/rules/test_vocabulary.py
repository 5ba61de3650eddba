"""The closed lists: values for machines, labels for people."""

import copy
import pickle

import pytest

from hub import exchange, vocabulary
from hub.rules.instrument import MoveCondition
from hub.rules.organization import UsccVerdict
from hub.rules.personnel import ResidentIdVerdict
from hub.rules.problem import Severity
from hub.rules.uncertainty import UncertaintyRounding
from hub.vocabulary import InstrumentState, MetrologyField, Term

LISTS = {vocabulary.__name__, exchange.__name__}
TERMS = [
    *(term for term in Term.__subclasses__() if term.__module__ in LISTS),
    *(MoveCondition, ResidentIdVerdict, Severity, UncertaintyRounding, UsccVerdict),
]


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.__name__)
def test_every_member_of_every_list_has_a_label_of_its_own(term: type[Term]) -> None:
    labels = [member.label for member in term]

    assert all(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.__name__)
def test_a_member_is_its_value_in_print_and_in_comparison(term: type[Term]) -> None:
    for member in term:
        assert str(member) == member.value == member
        assert term(member.value) is member


def test_the_label_is_the_word_people_read() -> None:
    assert InstrumentState("IN_USE").label == "在用"
    assert len(MetrologyField) == 10


def test_a_member_stays_itself_through_pickle_and_copy() -> None:
    member = InstrumentState.SEALED

    assert pickle.loads(pickle.dumps(member)) is member  # noqa: S301 -- our own bytes
    assert copy.deepcopy(member) is member
