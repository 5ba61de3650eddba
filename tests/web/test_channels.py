"""Shared answers: for whatever id the same frames as one by one, and never too many bytes kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import orjson
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from hub.web.channels import (
    BYTES_AT_ONCE,
    BYTES_KEPT,
    BYTES_OF_ALL,
    MOST_LENGTHS,
    Channels,
    Shared,
    Source,
)
from tests.patience import patiently

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


class Told(Source):
    """So many long answers, the first at position 1; nothing after them."""

    def __init__(self, many: int) -> None:
        self.many = many
        self.made = 0

    async def after(self, pos: int) -> Shared:
        if pos >= self.many:
            await asyncio.Event().wait()
        self.made += 1
        return Shared([(pos + 1, LONG)], pos + 1)


LONG = bytes(BYTES_AT_ONCE)
MANY = 10


async def positions(stream: AsyncGenerator[Shared, None], many: int) -> list[int]:
    """The next positions of `stream`."""
    async with patiently("answers"):
        return [(await anext(stream)).pos for _ in range(many)]


async def test_what_is_kept_for_who_is_behind_is_bounded_and_who_is_further_loses_nothing() -> None:
    channels, source = Channels(), Told(MANY)

    async with AsyncExitStack() as stack:
        slow, quick = [
            await stack.enter_async_context(aclosing(channels.follow("", source, 0, 0)))
            for _ in range(2)
        ]
        began = await positions(slow, 1)
        at_once = await positions(quick, MANY)
        (channel,) = channels._open.values()
        kept = channel.size
        late = await positions(slow, MANY - 1)

    assert BYTES_KEPT // 2 < kept <= BYTES_KEPT
    assert at_once == began + late == list(range(1, MANY + 1))
    assert source.made > MANY


async def test_nothing_is_kept_once_nobody_is_behind() -> None:
    channels, source = Channels(), Told(MANY)

    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(aclosing(channels.follow("", source, 0, 0)))
            for _ in range(3)
        ]
        await asyncio.gather(*(positions(one, MANY) for one in streams[1:]))
        await positions(streams[0], 1)
        (channel,) = channels._open.values()
        before = channel.size
        waiting = [asyncio.ensure_future(anext(one)) for one in streams[1:]]
        async with patiently("the others to wait"):
            while channel._waiting < len(waiting):  # noqa: ASYNC110 -- it is told in no other way
                await asyncio.sleep(0)
        for_the_slow = channel.size
        await streams[0].aclose()
        after = channel.size
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    assert before == for_the_slow > 0
    assert after == 0


async def test_all_channels_of_a_process_keep_so_much_together() -> None:
    channels, source = Channels(), Told(MANY)
    many = 2 * BYTES_OF_ALL // BYTES_KEPT

    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(aclosing(channels.follow(key, source, 0, 0)))
            for key in range(many)
        ]
        began = [await positions(one, 1) for one in streams]
        kept = [channel.size for channel in channels._open.values()]
        late = [await positions(one, MANY - 1) for one in streams]

    assert BYTES_OF_ALL // 2 < sum(kept) <= BYTES_OF_ALL
    assert all(a + b == list(range(1, MANY + 1)) for a, b in zip(began, late, strict=True))


def test_frames_of_long_answers_are_kept_once_and_only_for_those_who_share_them() -> None:
    shared = Shared([(1, LONG)], 1)
    sizes = []

    for id_ in ("a", "a", "b", "long", "long"):
        shared.frames(id_)
        sizes.append(shared.size // len(LONG))

    assert sizes == [1, 2, 2, 2, 2]
    assert len(shared.events) > len(LONG)
    assert shared.size // len(LONG) == 2
