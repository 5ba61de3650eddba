"""The cases that graphql-core tries mutations on: one after the other, whatever becomes of each."""

from typing import Any

from tests.doors import HubClient, id_of, key
from tests.engine.executing import a_place

SHOWN = "{ instrument { version department owner { country } } problems { code } }"


def steps(*names: str) -> str:
    """A mutation that updates an instrument once for each name."""
    told = ", ".join(f"${name}: UpdateInstrumentInput!" for name in names)
    fields = " ".join(f"{name}: updateInstrument(input: ${name}) {SHOWN}" for name in names)
    return f"mutation M({told}) {{ {fields} }}"


def step(id_: str, version: int, department: str) -> dict[str, Any]:
    """The input of one of them: the version that it builds on tells where it must stand."""
    content = {"department": department}
    return {"id": id_, "expectedVersion": version, "content": content, "idempotencyKey": key()}


def shown(version: int, department: str) -> dict[str, Any]:
    """What the payload says of a step that was taken."""
    instrument = {"version": version, "department": department, "owner": {"country": "CN"}}
    return {"instrument": instrument, "problems": []}


async def test_mutations_run_one_after_the_other(hub: HubClient) -> None:
    place = await a_place(hub)
    id_ = id_of(place.gauges[0])
    names = ("first", "second", "third", "fourth", "fifth")

    answer = await hub.ask(
        steps(*names),
        as_=place.user,
        **{name: step(id_, at, name) for at, name in enumerate(names, 1)},
    )

    assert answer.errors == []
    assert list(answer.data) == list(names)
    assert answer.data == {name: shown(at, name) for at, name in enumerate(names, 2)}


async def test_a_mutation_that_fails_leaves_those_before_and_after_it_alone(
    hub: HubClient,
) -> None:
    place = await a_place(hub)
    id_ = id_of(place.gauges[0])

    answer = await hub.ask(
        steps("first", "late", "wrong", "last"),
        as_=place.user,
        first=step(id_, 1, "first"),
        late=step(id_, 1, "late"),
        wrong=step("x", 2, "wrong"),
        last=step(id_, 2, "last"),
    )

    assert list(answer.data) == ["first", "late", "wrong", "last"]
    assert answer.data["first"] == shown(2, "first")
    assert answer.data["late"] == {"instrument": None, "problems": [{"code": "CONFLICT"}]}
    assert answer.data["wrong"] is None
    assert answer.data["last"] == shown(3, "last")
    (error,) = answer.errors
    assert error["path"] == ["wrong"]
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_mutations_in_fragments_keep_the_order_of_the_document(hub: HubClient) -> None:
    place = await a_place(hub)
    id_ = id_of(place.gauges[0])
    document = f"""
    mutation($a: UpdateInstrumentInput!, $b: UpdateInstrumentInput!, $c: UpdateInstrumentInput!) {{
      ...A
      b: updateInstrument(input: $b) {SHOWN}
      ... {{ c: updateInstrument(input: $c) {SHOWN} }}
      a: updateInstrument(input: $a) {{ replayed }}
    }}
    fragment A on Mutation {{ a: updateInstrument(input: $a) {SHOWN} }}
    """

    answer = await hub.ask(
        document, as_=place.user, a=step(id_, 1, "a"), b=step(id_, 2, "b"), c=step(id_, 3, "c")
    )

    assert answer.errors == []
    assert list(answer.data) == ["a", "b", "c"]
    assert answer.data == {
        "a": {**shown(2, "a"), "replayed": False},
        "b": shown(3, "b"),
        "c": shown(4, "c"),
    }


async def test_a_payload_shows_what_the_mutation_left_behind_and_not_what_came_later(
    hub: HubClient,
) -> None:
    place = await a_place(hub)
    id_ = id_of(place.gauges[0])
    document = """
    mutation($one: UpdateInstrumentInput!, $two: RetireInstrumentInput!) {
      one: updateInstrument(input: $one) { instrument { owner { instruments { totalCount } } } }
      two: retireInstrument(input: $two) { instrument { id } problems { code } }
    }
    """
    two = {"id": id_, "expectedVersion": 2, "reason": "x", "idempotencyKey": key()}

    answer = await hub.ask(
        document, as_=place.user, one=step(id_, 1, "one"), two=two | {"approved": True}
    )

    assert answer.errors == []
    assert answer.data["one"]["instrument"]["owner"]["instruments"] == {"totalCount": 3}
    assert answer.data["two"] == {"instrument": None, "problems": []}
