"""syncStandards and syncPersonnel: what holds for whatever an organisation keeps in step."""

import asyncio
from typing import Any

import pytest

from hub.vocabulary import Role
from tests.doors import HubClient, key
from tests.given import a_user, an_organization
from tests.sync_registers import REGISTERS, Lab, Register, a_lab
from tests.sync_verbs import codes, results, statuses, the_input

pytestmark = pytest.mark.parametrize("register", REGISTERS, ids=lambda one: one.verb)


@pytest.fixture
async def lab(hub: HubClient) -> Lab:
    return await a_lab(hub)


async def test_each_row_is_answered_in_order_with_what_became_of_it(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    row = register.a_row
    made = await register.sync(hub, lab.system, row(1), row(2), row(3))

    answer = await register.sync(
        hub,
        lab.system,
        row(9),
        row(2),
        row(3, **{register.change: "new"}),
        row(8, name="\u3000"),
        row(1, ifVersion=7),
        onError="REJECT_ROWS",
    )

    assert statuses(made) == ["CREATED"] * 3
    assert statuses(answer) == ["CREATED", "UNCHANGED", "UPDATED", "REJECTED", "CONFLICT"]
    assert codes(answer) == [[], [], [], ["NAME_MISSING"], ["STALE_VERSION"]]
    told = [(one["externalId"], one["version"], one["changed"]) for one in results(answer)]
    assert told == [
        ("E9", 1, []), ("E2", 1, []), ("E3", 2, [register.change]), ("E8", None, []), ("E1", 1, [])
    ]  # fmt: skip
    shown = results(answer)[2]["object"]
    assert (shown["version"], shown[register.change]) == (2, "new")
    assert await register.traces(hub, lab.owner) == (5, 5, 5, 4, 2)


async def test_a_wrong_row_keeps_all_from_being_written(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    answer = await register.sync(hub, lab.system, register.a_row(1), register.a_row(2, name=None))

    assert statuses(answer) == ["REJECTED", "REJECTED"]
    assert codes(answer) == [["HELD_BACK"], ["NAME_MISSING"]]
    assert answer.data["done"]["changeCursor"] is None
    assert await register.traces(hub, lab.owner) == (0, 0, 0, 0, 0)


async def test_the_same_rows_again_leave_nothing_but_their_key(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    rows = [register.a_row(at, **{register.change: "x"}) for at in range(1_000)]
    first = await register.sync(hub, lab.system, *rows)
    before = await register.traces(hub, lab.owner)

    again = await register.sync(hub, lab.system, *rows)

    assert set(statuses(first)) == {"CREATED"}
    assert set(statuses(again)) == {"UNCHANGED"}
    assert before == (1_000, 1_000, 1_000, 1_000, 1)
    assert await register.traces(hub, lab.owner) == (1_000, 1_000, 1_000, 1_000, 2)


async def test_a_dry_run_tells_what_the_real_run_does_and_moves_nothing(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    row, once = register.a_row, key()
    await register.sync(hub, lab.system, row(1), row(2))
    before = await register.traces(hub, lab.owner)
    rows = [row(1), row(2, **{register.change: "new"}), row(3), row(4, name="")]

    options: dict[str, Any] = {"key_": once, "onError": "REJECT_ROWS"}
    rehearsal = await register.sync(hub, lab.system, *rows, dryRun=True, **options)
    after = await register.traces(hub, lab.owner)
    real = await register.sync(hub, lab.system, *rows, **options)

    assert after == before
    assert rehearsal.data["done"]["counts"] == real.data["done"]["counts"]
    for one, other in zip(results(rehearsal), results(real), strict=True):
        assert {**one, "object": None} == {**other, "object": None}
    assert statuses(real) == ["UNCHANGED", "UPDATED", "CREATED", "REJECTED"]


async def test_the_same_key_again_is_answered_and_with_another_input_refused(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    once, rows = key(), [register.a_row(1), register.a_row(2)]
    first = await register.sync(hub, lab.system, *rows, key_=once)
    before = await register.traces(hub, lab.owner)

    again = await register.sync(hub, lab.system, *rows, key_=once)
    other = await register.sync(hub, lab.system, register.a_row(3), key_=once)

    assert (first.data["done"]["replayed"], again.data["done"]["replayed"]) == (False, True)
    assert results(again) == results(first)
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    assert await register.traces(hub, lab.owner) == before


async def test_the_key_of_another_noun_is_another_input(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    (other,) = (one for one in REGISTERS if one is not register)
    once = key()
    await register.sync(hub, lab.system, key_=once)

    answer = await other.sync(hub, lab.system, key_=once)

    assert answer.codes == ["IDEMPOTENCY_MISMATCH"]


async def test_the_external_id_decides_before_the_key_and_a_key_is_of_one_row(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    row, name = register.a_row, register.key
    await register.sync(hub, lab.system, row(1), row(2))

    renamed = await register.sync(hub, lab.system, row(1, **{name: " Ｋ-0009 "}))
    found = await register.sync(hub, lab.system, {name: "K-0009"}, source="other")
    taken = await register.sync(hub, lab.system, row(1, **{name: "K-0002"}))
    alien = await register.sync(hub, lab.system, row(7, **{name: "K-0002"}))
    both = await register.sync(
        hub, lab.system, row(5, **{name: "X"}), row(6, **{name: "X"}), onError="REJECT_ROWS"
    )
    keyless = await register.sync(hub, lab.system, row(5, **{name: "\u3000"}))

    assert (statuses(renamed), results(renamed)[0]["changed"]) == (["UPDATED"], [name])
    assert results(renamed)[0]["object"][name] == "K-0009"
    assert statuses(found) == ["UNCHANGED"]
    assert (statuses(taken), codes(taken)) == (["CONFLICT"], [["KEY_TAKEN"]])
    assert (statuses(alien), codes(alien)) == (["CONFLICT"], [["EXTERNAL_ID_TAKEN"]])
    assert (statuses(both), codes(both)) == (["CREATED", "REJECTED"], [[], ["DUPLICATE_ROW"]])
    assert codes(keyless) == [["KEY_MISSING"]]


async def test_rows_of_another_organisation_are_neither_found_nor_written(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    other = await a_lab(hub)
    await register.sync(hub, other.system, register.a_row(1), source="lims")
    before = await register.traces(hub, other.owner)

    foreign = await register.sync(
        hub, lab.system, register.a_row(1), source="lims", owner=other.owner.uscc
    )
    own = await register.sync(hub, lab.system, register.a_row(1), source="lims")

    assert foreign.codes == ["FORBIDDEN"]
    assert statuses(own) == ["CREATED"]
    assert await register.traces(hub, other.owner) == before


@pytest.mark.parametrize(
    "role", [Role.USER, Role.LAB_APPROVER, Role.REGULATOR, Role.DATA_STEWARD, Role.OPERATOR, None]
)
async def test_a_role_without_permission_syncs_nothing(
    hub: HubClient, register: Register, role: Role | None
) -> None:
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner, role)) if role else None
    head = f"mutation($key: String!) {{ {register.verb}"

    answer = await hub.ask(
        f"{head}(input: {{rows: [], idempotencyKey: $key}}) {{ replayed }} }}", as_=user, key=key()
    )

    assert answer.codes == ["FORBIDDEN" if role else "UNAUTHENTICATED"]


@pytest.mark.parametrize("staff", [Role.LAB_STAFF, Role.REGULATOR])
async def test_who_is_staff_as_well_writes_the_own_organisation_only(
    hub: HubClient, lab: Lab, register: Register, staff: Role
) -> None:
    owner = await hub.given(an_organization())
    both = await hub.given(a_user(owner, staff, Role.ORG_ADMIN))
    await register.sync(hub, lab.system, register.a_row(1), source="lims")
    before = await register.traces(hub, lab.owner)

    made = await register.sync(hub, both, register.a_row(1), source="lims")
    foreign = await register.sync(hub, both, register.a_row(1), owner=lab.owner.uscc)

    assert statuses(made) == ["CREATED"]
    assert foreign.codes == ["FORBIDDEN"]
    assert await register.traces(hub, lab.owner) == before


async def test_of_many_writers_who_saw_one_version_one_wins(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    await register.sync(hub, lab.system, register.a_row(1))

    answers = await asyncio.gather(
        *(
            register.sync(
                hub, lab.system, register.a_row(1, ifVersion=1, **{register.change: f"by {at}"})
            )
            for at in range(12)
        )
    )

    assert sorted(statuses(one)[0] for one in answers) == ["CONFLICT"] * 11 + ["UPDATED"]
    assert (await register.traces(hub, lab.owner))[:3] == (2, 2, 2)


async def test_a_sync_costs_less_than_as_many_single_writes(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    answer = await register.sync(hub, lab.system, *(register.a_row(at) for at in range(100)))

    assert answer.cost["requested"] == 10 + 100 + 100
    assert len(answer.statements) == 1


async def test_what_is_left_out_stays_and_null_clears(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    await register.sync(hub, lab.system, register.a_row(1, **{register.change: "x"}))

    named = await register.sync(hub, lab.system, {"externalId": "E1", "name": "新名"})
    cleared = await register.sync(hub, lab.system, {"externalId": "E1", register.change: None})
    nothing = await register.sync(hub, lab.system, {"externalId": "E1"})

    assert [statuses(one) for one in (named, cleared, nothing)] == [
        ["UPDATED"], ["UPDATED"], ["UNCHANGED"]
    ]  # fmt: skip
    shown = results(nothing)[0]["object"]
    assert (shown["name"], shown[register.change], shown["version"]) == ("新名", None, 3)


async def test_beside_a_change_of_another_kind_a_sync_is_told_in_the_same_words(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    made = await register.sync(hub, lab.system, register.a_row(1), register.a_row(2))
    other = """x: retireInstrument(input: {
        id: "bm9uZQ", expectedVersion: 1, reason: "r", idempotencyKey: "k"
    }) { replayed }"""
    rows = [register.a_row(1, **{register.change: "x"}), register.a_row(2, name="")]

    alone = await register.sync(hub, lab.system, *rows, dryRun=True, onError="REJECT_ROWS")
    beside = await hub.ask(
        f"{register.document[:-1]} {other} }}",
        as_=lab.system,
        input=the_input(*rows, dryRun=True, onError="REJECT_ROWS"),
    )

    assert statuses(made) == ["CREATED", "CREATED"]
    assert [error["path"] for error in beside.errors] == [["x"]]
    assert beside.data["done"] == alone.data["done"]
