"""The commands `hub webhook listen` and `verify`: what an integrator tries webhooks out with.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""
# ruff: noqa: D400, D415 -- typer shows the docstrings of commands to people, in Chinese

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import BadInput
from hub.terminal import plainly

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

TOLERANCE = timedelta(minutes=5)
"""How far from now a message may have been signed (Standard Webhooks 1.0)."""

webhook = typer.Typer(no_args_is_help=True, help="回调：在接收一侧试用与验签")
Secret = Annotated[str, typer.Option(help="签名密钥 whsec_…")]


@webhook.command()
def listen(
    secret: Secret,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="监听端口")] = 8900,
) -> None:
    """在本机接收回调，逐条验签并打印；验签不过的答以 401。"""
    import uvicorn

    typer.echo(f"listening http://127.0.0.1:{port}/")
    uvicorn.run(receiver(secret), host="127.0.0.1", port=port, log_level="warning")


@webhook.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="收到的正文，原样")],
    secret: Secret,
    header: Annotated[
        list[str], typer.Option("--header", "-H", help="收到的请求头 名称: 值，可重复")
    ],
) -> None:
    """核对一条收到的消息的签名。退出码 1：签名不符。"""
    from hub.integrations.signing import signed_at

    pairs = (one.partition(":") for one in header)
    headers = {name.strip(): value.strip() for name, _, value in pairs}
    with plainly():
        at = signed_at(secret, headers, file.read_bytes())
    typer.echo(f"签名正确，签于 {at.isoformat()}")
    if not is_fresh(at):
        typer.echo("距今超过 5 分钟：接收端应拒绝这样的消息，以防重放")


def receiver(secret: str) -> "Starlette":
    """A server that prints what it is sent, if it is signed with `secret`."""
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from hub.integrations.signing import signed_at

    seen: set[str] = set()

    async def take(request: "Request") -> "Response":
        body = await request.body()
        try:
            at = signed_at(secret, request.headers, body)
        except BadInput as refusal:
            typer.echo(f"✗ {refusal.words.zh}")
            return Response(status_code=401)
        if not is_fresh(at):
            typer.echo(f"✗ 签于 {at.isoformat()}，距今超过 5 分钟")
            return Response(status_code=401)
        message_id = request.headers["webhook-id"]
        again = "（再次收到）" if message_id in seen else ""
        seen.add(message_id)
        typer.echo(f"✓ {message_id}{again} {body.decode()}")
        return Response(status_code=204)

    return Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])


def is_fresh(at: datetime) -> bool:
    """Whether a message that was signed at an instant may be taken now."""
    return abs(datetime.now(UTC) - at) <= TOLERANCE
