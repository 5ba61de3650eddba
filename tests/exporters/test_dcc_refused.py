"""What a DCC cannot say is refused with its place; nothing invalid is ever handed out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.actions.certificate_draft import Party, PointDraft, ResultDraft
from hub.errors import Code, Refused
from hub.exporters.dcc.write import write_dcc
from hub.vocabulary import Conclusion, Verdict
from tests.exporters.wholes import a_whole, again

POINT = PointDraft(unit="MPa", measured=Decimal("1.010"), u=Decimal("0.020"), k=Decimal(2))
PLACE = ("results", 0, "points", 1)


def with_point(**changes: Any) -> dict[str, Any]:
    """A result whose second point is changed so."""
    return {"results": [ResultDraft(parameter="示值", points=[POINT, replace(POINT, **changes)])]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (with_point(unit="psi"), (*PLACE, "unit")),
        (with_point(error=Decimal(1), error_unit="格"), (*PLACE, "errorUnit")),
        (with_point(reference=Decimal(1), reference_unit="r/min"), (*PLACE, "referenceUnit")),
        (with_point(u_unit="mm"), (*PLACE, "uUnit")),
        (with_point(verdict=Verdict.INDETERMINATE), (*PLACE, "verdict")),
        (with_point(quantity="通道\x07"), (*PLACE, "quantity")),
        (
            {"environment": [{"quantity": "振动", "value": "1", "unit": "级"}]},
            ("environment", 0, "unit"),
        ),
        ({"test_from": None}, ("testFrom",)),
        ({"number": " "}, ("number",)),
        ({"item_snapshot": {"name": None}}, ("itemSnapshot", "name")),
        ({"item_snapshot": {"name": "表", "serialNo": "\ufffe"}}, ("itemSnapshot", "serialNo")),
        ({"printed_persons": {}}, ("printedPersons",)),
        ({"issuer": Party(name="院", country="cn")}, ("dcc",)),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(
    changes: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(Refused) as refusal:
        write_dcc(a_whole(**changes))

    assert refusal.value.code is Code.REFUSED
    assert refusal.value.path == path
    assert refusal.value.words.zh.startswith("无法表示为数字校准证书")


def test_a_table_beyond_what_a_reader_takes_is_refused() -> None:
    points = [replace(POINT, quantity=f"通道 {at}") for at in range(12_000)]

    with pytest.raises(Refused, match="more than the"):
        write_dcc(a_whole(results=[ResultDraft(parameter="示值", points=points)]))


def test_a_certificate_without_results_states_its_conclusion() -> None:
    whole = a_whole(conclusion=Conclusion.CLASS, conclusion_class="1.6级")

    text = write_dcc(whole).decode()

    assert "符合等级：1.6级" in text
    assert again(whole).conclusion is Conclusion.QUALIFIED
    assert again(whole).results == []


def test_texts_that_xml_has_marks_of_its_own_for_come_back_as_they_were() -> None:
    name = "<表> & \"'\ufeff\u0085 ]]> 䶮\U00020000"

    found = again(a_whole(item_snapshot={"name": name, "serialNo": "a <b>"}))

    assert (found.item["name"], found.item["serialNo"]) == (name, "a <b>")


def test_a_verification_says_until_when_it_holds_and_agrees_on_nothing() -> None:
    until = date(2026, 9, 4)

    text = write_dcc(a_whole(valid_until=until)).decode()

    assert "<dcc:date>2026-09-04</dcc:date>" in text
    assert again(a_whole(valid_until=until)).recalibration_date is None
    assert again(a_whole(valid_until=until, recalibration_agreed=True)).recalibration_date == until
