"""`hub webhook`: what an integrator tries webhooks out with, as a process of its own."""

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hub.integrations.outbound import Wall, outbound
from hub.integrations.signing import signed
from tests.patience import patiently

RAW = b"s" * 32
SECRET = f"whsec_{base64.b64encode(RAW).decode()}"
OTHER = f"whsec_{base64.b64encode(b'o' * 32).decode()}"
BODY = json.dumps({"type": "ping", "data": {"名称": "卡尺"}}, ensure_ascii=False)
HUB = [sys.executable, "-c", "from hub.cli import main; main()", "webhook"]


def headers(ago: timedelta = timedelta(), *secrets: bytes) -> dict[str, str]:
    """The headers of `BODY` as the hub has sent it some time ago."""
    return signed("msg_1", datetime.now(UTC) - ago, BODY, secrets or (RAW,))


def verify(
    folder: Path, secret: str, given: dict[str, str], body: bytes = BODY.encode()
) -> subprocess.CompletedProcess[str]:
    file = folder / "body.json"
    file.write_bytes(body)
    options = [word for name, value in given.items() for word in ("-H", f"{name}: {value}")]
    return subprocess.run(  # noqa: S603 -- our own program
        [*HUB, "verify", str(file), "--secret", secret, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_the_hub_has_signed_is_verified_by_any_of_its_signatures(tmp_path: Path) -> None:
    fresh = verify(tmp_path, SECRET, headers(timedelta(), b"n" * 32, RAW))
    old = verify(tmp_path, SECRET, {k.upper(): v for k, v in headers(timedelta(hours=1)).items()})

    assert (fresh.returncode, old.returncode) == (0, 0)
    assert "签名正确" in fresh.stdout
    assert "5 分钟" not in fresh.stdout
    assert "5 分钟" in old.stdout


@pytest.mark.parametrize(
    ("secret", "given", "body", "words"),
    [
        (OTHER, headers(), BODY.encode(), "签名不符"),
        (SECRET, headers(), BODY.encode() + b" ", "签名不符"),
        (SECRET, headers() | {"webhook-id": "msg_2"}, BODY.encode(), "签名不符"),
        (SECRET, headers() | {"webhook-timestamp": "1"}, BODY.encode(), "签名不符"),
        (SECRET, headers() | {"webhook-timestamp": "now"}, BODY.encode(), "格式"),
        (SECRET, headers() | {"webhook-timestamp": "9" * 30}, BODY.encode(), "格式"),
        (SECRET, headers() | {"webhook-signature": "v1"}, BODY.encode(), "签名不符"),
        (SECRET, {"webhook-id": "msg_1"}, BODY.encode(), "webhook-timestamp"),
        ("whsec_", headers(), BODY.encode(), "格式"),
        ("whsec_x", headers(), BODY.encode(), "格式"),
        (SECRET, headers(), b"\xff\xfe", "格式"),
    ],
)
def test_what_is_not_signed_so_is_told_in_words(
    tmp_path: Path, secret: str, given: dict[str, str], body: bytes, words: str
) -> None:
    done = verify(tmp_path, secret, given, body)

    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def listening() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`hub webhook listen` on a free port, which ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(  # noqa: S603 -- our own program
        [*HUB, "listen", "--port", str(port), "--secret", SECRET],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}/", process
        finally:
            process.terminate()


def lines_of(process: subprocess.Popen[str], many: int) -> Sequence[str]:
    """The next lines that a process prints."""
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(many)]


async def test_a_listener_prints_what_is_signed_and_turns_the_rest_away() -> None:
    with listening() as (url, process):
        target = httpx.URL(url).netloc.decode()
        async with outbound(Wall({target})) as way, patiently("the listener"):
            sent = await way.post(url, BODY.encode(), headers())
            while sent.status is None:
                sent = await way.post(url, BODY.encode(), headers())
            again = await way.post(url, BODY.encode(), headers())
            forged = await way.post(url, BODY.encode() + b" ", headers())
            old = await way.post(url, BODY.encode(), headers(timedelta(minutes=6)))
        ready, first, second, third, fourth = lines_of(process, 5)

    assert [one.status for one in (sent, again, forged, old)] == [204, 204, 401, 401]
    assert url in ready
    assert first == f"✓ msg_1 {BODY}\n"
    assert "再次收到" in second
    assert third.startswith("✗")
    assert "5 分钟" in fourth
