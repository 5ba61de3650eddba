"""How much one call of syncInstruments may bring, what it may hold, and how faults are told."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from hub.actions import sync_statement
from hub.actions.instrument_sync import INSTRUMENTS
from hub.actions.sync_statement import MOST_CHOICES, statement
from tests.doors import HubClient
from tests.ledger_verbs import Firm, a_firm, create, problem
from tests.sync_verbs import (
    NOTHING,
    a_ledger,
    a_row,
    codes,
    lines,
    results,
    statuses,
    sync,
    sync_briefly,
    traces,
)

WHOLE: dict[str, Any] = {
    "measuringRanges": [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
    "uncertainty": {"u": "0.020", "k": "2"},
    "resolution": {"value": "0.10", "unit": "MPa"},
    "purchasePrice": "1200.50",
    "photoUrls": ["https://example.com/1.jpg"],
    "compulsory": False,
    "intervalMonths": 6,
    "lastDate": "2026-01-31",
    "status": "STOPPED",
}
"""A member of each type."""
BLANK_NAME = a_row(9_900, name="\u3000")


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def test_no_rows_are_nothing_to_do_a_thousand_are_taken_and_one_more_is_refused(
    hub: HubClient, firm: Firm
) -> None:
    none = await sync_briefly(hub, firm.user)
    many = await sync_briefly(hub, firm.user, *a_ledger(1_000))
    more = await sync_briefly(hub, firm.user, *a_ledger(1_001))

    assert statuses(none) == []
    assert statuses(many) == ["CREATED"] * 1_000
    assert more.codes == ["BAD_INPUT"]
    assert (await traces(hub, firm.owner)).versions == 1_000


async def test_a_thousand_rows_that_say_much_fit_into_one_call(hub: HubClient, firm: Firm) -> None:
    texts = (
        "modelSpec",
        "origin",
        "accuracyClass",
        "department",
        "location",
        "custodian",
        "remark",
    )
    much: dict[str, Any] = {
        **dict.fromkeys(texts, "苏州市工业园区示范街一车间"),
        "manufacturer": "上海自动化仪表四厂",
        "serialNo": "SN-2024-000001",
        "measuringRanges": [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
        "maxPermissibleErrors": [{"kind": "REDUCED", "value": "1.6", "unit": "%"}],
        "resolution": {"value": "0.05", "unit": "MPa"},
        "field": "MECHANICS",
        "intervalMonths": 12,
        "lastDate": "2026-01-31",
        "purchasePrice": "1200.50",
    }

    made = await sync_briefly(hub, firm.user, *a_ledger(1_000, **much))
    again = await sync_briefly(hub, firm.user, *a_ledger(1_000, **much, role=None))

    assert statuses(made) == ["CREATED"] * 1_000
    assert statuses(again) == ["UNCHANGED"] * 1_000


@pytest.mark.parametrize(
    "options",
    [
        {"rows": [a_row(1, name="a\0b")]},
        {"rows": [a_row(1, measuringRanges=[{"raw": "\0"}])]},
        {"rows": [a_row(1)], "source": "erp\0"},
        {"rows": [a_row(1)], "source": " "},
        {"rows": [a_row(1)], "source": "s" * 65},
        {"rows": [a_row(1)], "owner": "\0"},
    ],
)
async def test_what_postgresql_cannot_keep_is_refused_as_a_whole(
    hub: HubClient, firm: Firm, options: dict[str, Any]
) -> None:
    answer = await sync(hub, firm.user, **options)

    assert answer.codes == ["BAD_INPUT"]
    assert await traces(hub, firm.owner) == NOTHING


async def test_the_row_that_holds_the_character_nul_is_named(hub: HubClient, firm: Firm) -> None:
    answer = await sync(hub, firm.user, a_row(0), a_row(1, remark="a\0b"))

    assert answer.errors[0]["extensions"]["inputPath"] == ["rows", 1]


async def test_backslashes_before_u0000_are_a_text_like_any_other(
    hub: HubClient, firm: Firm
) -> None:
    names = ["\\u0000", "\\\\u0000", 'C:\\"\\\\u0000']

    answer = await sync(hub, firm.user, *(a_row(at, name=one) for at, one in enumerate(names)))

    assert [one["instrument"]["name"] for one in results(answer)] == names


@pytest.mark.parametrize("unfit", ["", "k" * 129, "k\0"])
async def test_a_key_is_one_to_128_characters(hub: HubClient, firm: Firm, unfit: str) -> None:
    answer = await hub.ask(
        'mutation($key: String!) { syncInstruments(input: {rows: [{name: "n", assetNo: "A"}],'
        " idempotencyKey: $key}) { replayed } }",
        as_=firm.user,
        key=unfit,
    )

    assert answer.codes == ["BAD_INPUT"]
    assert await traces(hub, firm.owner) == NOTHING


async def test_problems_are_told_in_the_language_of_the_caller_with_the_path_of_the_member(
    hub: HubClient, firm: Firm
) -> None:
    for language, words in (("zh-CN", "器具名称不能为空"), ("en", "an instrument needs a name")):
        answer = await hub.ask(
            "mutation($rows: [SyncInstrumentRow!]!) { done: syncInstruments(input: {rows: $rows,"
            ' idempotencyKey: "k"}) { results { index problems { code message path severity } } }'
            " }",
            as_=firm.user,
            headers={"accept-language": language},
            rows=[a_row(1), BLANK_NAME],
        )

        assert results(answer)[1]["problems"] == [
            {
                "code": "NAME_MISSING",
                "message": words,
                "path": ["rows", "1", "name"],
                "severity": "ERROR",
            }
        ]


async def test_a_row_has_at_most_50_items_in_a_list(hub: HubClient, firm: Firm) -> None:
    lists = {
        "measuringRanges": {"raw": "0~1"},
        "maxPermissibleErrors": {"kind": "ABSOLUTE", "value": "1"},
        "photoUrls": "https://example.org/1.jpg",
    }
    rows = [a_row(at, **{name: [one] * 51}) for at, (name, one) in enumerate(lists.items())]

    answer = await sync(hub, firm.user, *rows)
    by_hand = await create(hub, firm.user, name="n", assetNo="A-1", photoUrls=["u"] * 51)

    assert codes(answer) == [["TOO_MANY_ITEMS"]] * 3
    assert "photoUrls" in str(problem(by_hand))


async def test_values_are_counted_however_plain_they_are(hub: HubClient, firm: Firm) -> None:
    answer = await sync(hub, firm.user, a_row(1, photoUrls=["u"] * 50_000))

    assert answer.codes == ["BAD_INPUT"]
    assert "50000" in answer.errors[0]["message"]


def test_each_ledger_has_statements_for_so_many_choices_of_keys_and_one_for_all_others() -> None:
    choices = [frozenset({name}) for name in INSTRUMENTS.shape]
    many = MOST_CHOICES + 2

    for chosen in (choices[:many], choices[-many:]):
        ledger = replace(INSTRUMENTS)
        made = [statement(ledger, each, is_partial=False, writes=True) for each in chosen]

        assert len(set(made)) == MOST_CHOICES + 1
        assert made[-2] == made[-1]


async def test_a_call_is_taken_the_same_by_whichever_statement(
    hub: HubClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_statement, "_CHOSEN", defaultdict(set))
    row = a_row(1, **WHOLE)
    empty = a_row(2, **dict.fromkeys(WHOLE))
    first = await sync(hub, firm.user, row, empty, key_="once")
    kept = await lines(hub, firm.owner)

    monkeypatch.setattr(sync_statement, "MOST_CHOICES", 0)
    monkeypatch.setattr(sync_statement, "_CHOSEN", defaultdict(set))
    replayed = await sync(hub, firm.user, row, empty, key_="once")
    again = await sync(hub, firm.user, row, empty)

    assert statuses(first) == ["CREATED", "CREATED"]
    assert replayed.data["done"] == {**first.data["done"], "replayed": True}
    assert statuses(again) == ["UNCHANGED", "UNCHANGED"]
    assert await lines(hub, firm.owner) == kept
