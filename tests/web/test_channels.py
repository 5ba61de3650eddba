"""Shared answers on the wire: whatever the id of the operation, the same frames as one by one."""

import orjson
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from hub.web.channels import MOST_LENGTHS, Shared

bodies = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=200), max_size=3).map(orjson.dumps)
    | st.integers(65_000, 66_000).map(lambda size: orjson.dumps("x" * size)),
    min_size=1,
    max_size=5,
)
ids = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=MOST_LENGTHS + 2)


def read(frames: bytes) -> list[bytes]:
    """The messages that a client makes of `frames`."""
    client = ClientProtocol(parse_uri("ws://hub"), state=State.OPEN)
    client.receive_data(frames)
    assert client.parser_exc is None
    return [bytes(one.data) for one in client.events_received() if isinstance(one, Frame)]


@given(bodies=bodies, ids=ids)
def test_a_client_reads_its_own_id_and_all_the_bodies(bodies: list[bytes], ids: list[str]) -> None:
    shared = Shared(list(enumerate(bodies)), len(bodies))

    for id_ in ids:
        messages = [orjson.loads(one) for one in read(shared.frames(id_))]

        assert [one["id"] for one in messages] == [id_] * len(bodies)
        assert [one["payload"] for one in messages] == [orjson.loads(body) for body in bodies]
        assert messages == [orjson.loads(one) for one in shared.texts(id_)]


@given(positions=st.sets(st.integers(1, 50), min_size=1), pos=st.integers(0, 50))
def test_what_a_subscriber_has_passed_is_not_told_again(positions: set[int], pos: int) -> None:
    answers = [(one, b"%d" % one) for one in sorted(positions)]
    shared = Shared(answers, max(positions))

    assert [one for one, _ in shared.after(pos).answers] == [p for p, _ in answers if p > pos]
