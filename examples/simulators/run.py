"""Runs one simulated system from the command line."""

import argparse
import socket
from collections.abc import Callable

import uvicorn

from examples.simulators.push import Push
from examples.simulators.system import System


def run(make: Callable[..., System]) -> None:
    """Serve the system that `make` makes until it is stopped."""
    given = argparse.ArgumentParser(description=make.__doc__)
    given.add_argument("--host", default="127.0.0.1")
    given.add_argument("--port", type=int, default=8100, help="0 for one that is free")
    given.add_argument("--credential", required=True, help="what the hub shows as its Bearer")
    given.add_argument("--push", metavar="URL", help="the hub's /exchange/…/messages")
    given.add_argument("--secret", help="whsec_… of the connector, for --push")
    told = given.parse_args()
    if (told.push is None) != (told.secret is None):
        given.error("--push and --secret go together")
    push = None if told.push is None else Push(told.push, told.secret)
    config = uvicorn.Config(make(told.credential, push).app(), log_level="warning")
    with socket.create_server((told.host, told.port)) as listener:
        host, port = listener.getsockname()
        print(f"ready http://{host}:{port}", flush=True)
        uvicorn.Server(config).run([listener])
