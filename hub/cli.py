"""The command `hub`: run it, feed it, ask it what is wrong. Exit 0 good, 1 refused, 2 used wrongly.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from hub.audit_commands import audit
from hub.errors import BadRequest
from hub.export_commands import export_data, export_dcc
from hub.import_commands import import_dcc, import_ledger
from hub.terminal import Data, configured, out, plainly, servers
from hub.webhook_commands import webhook

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from hub.demo.logins import Login

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="计量数据枢纽 · metrology data hub",
)
Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="监听端口")]


@app.command()
def up(
    port: Port = None,
    data: Data = None,
    demo: Annotated[bool, typer.Option("--demo", help="装入演示数据并打印演示账号")] = False,
) -> None:
    """启动一切：内置服务器、迁移、服务与后台工作。"""
    from hub.demo.logins import seeded
    from hub.doctor import must_be_free
    from hub.keys import Keyring
    from hub.migration import migrate
    from hub.web.app import Hub, application
    from hub.web.processes import run

    chosen = configured(data, port=port)
    with plainly():
        must_be_free(chosen.host, chosen.port)
    with plainly(), servers(chosen) as (database_url, redis_url, companions):
        migrate(database_url)
        if demo:
            show_logins(asyncio.run(seeded(database_url, Keyring.of_settings(chosen))))
        hub = Hub(chosen, database_url, redis_url)
        if not run(application(hub, [*companions, hub.work]), chosen):
            raise typer.Exit(1)


@app.command("reset-demo")
def reset_demo(
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
    data: Data = None,
) -> None:
    """把演示恢复原样：清空演示数据库，重新装入，打印新的令牌与口令；不是演示的数据库一概拒绝。"""
    from hub.demo.reset import reset
    from hub.keys import Keyring
    from hub.migration import migrate as upgrade

    chosen = configured(data)
    if not yes:
        typer.confirm("演示中的全部数据都将清除，重新装入。继续吗？", abort=True)
    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        upgrade(database_url)
        show_logins(asyncio.run(reset(database_url, Keyring.of_settings(chosen))))


def show_logins(logins: "list[Login]") -> None:
    """Print the demo's logins; a password is shown once, when its account is made."""
    table = Table("登录名", "身份", "令牌（30 天有效）", "口令（仅首次显示）")
    for one in logins:
        table.add_row(one.login, one.who, one.token, one.password)
    Console(width=max(out.width, 160)).print(table)


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="进程数")] = 1,
    port: Port = None,
    data: Data = None,
) -> None:
    """只提供服务（后台工作另由 hub worker 承担）；用于已有的 PostgreSQL 与 Valkey。"""
    from hub.doctor import must_be_free
    from hub.web.app import Hub, application
    from hub.web.processes import run_many

    chosen = configured(data, port=port)
    with plainly():
        must_be_free(chosen.host, chosen.port)
    with plainly(), servers(chosen) as (database_url, redis_url, companions):

        def make() -> "Starlette":
            return application(Hub(chosen, database_url, redis_url), companions)

        run_many(make, chosen, workers)


@app.command()
def worker(data: Data = None) -> None:
    """只做后台工作：为已提交的变更编号，投递回调，与外部系统往来，写导出文件，清理过期的。"""
    from hub.web.app import Hub

    chosen = configured(data)

    async def work(database_url: str, redis_url: str, companions: list[Any]) -> None:
        hub = Hub(chosen, database_url, redis_url)
        async with hub.running(companions):
            await hub.work()

    with plainly(), servers(chosen) as given:
        asyncio.run(work(*given))


@app.command()
def migrate(data: Data = None) -> None:
    """把数据库升级到最新的表结构。"""
    from hub.migration import migrate as upgrade

    with plainly(), servers(configured(data), valkey=False) as (database_url, _, _):
        upgrade(database_url)
        out.print("[green]数据库已是最新[/green] · the database is up to date")


@app.command()
def schema(
    surface: Annotated[
        bool,
        typer.Option("--surface/--sdl", help="SDL，或逐行列出每个坐标：类型、级别、脱敏与谁可见"),
    ] = False,
) -> None:
    """打印 GraphQL 架构（SDL），或其接口面。"""
    from resolvers.root import build
    from schema.surface import surface as written

    built = build()
    core = built._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    sys.stdout.write(written(core) if surface else built.as_str() + "\n")


def variables_in(text: str) -> dict[str, Any]:
    """The variables that a JSON text says; exit 2 for what a hub would not read either."""
    from hub.web.body import read_json

    try:
        found = read_json(text)
    except BadRequest as refusal:
        raise typer.BadParameter(f"--variables {refusal.words.zh}") from refusal
    if not isinstance(found, dict):
        raise typer.BadParameter("--variables 须为 JSON 对象")
    return found


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GraphQL 文档")],
    login: Annotated[str | None, typer.Option("--as", help="以谁的身份，默认匿名")] = None,
    variables: Annotated[str, typer.Option(help="变量，JSON 对象")] = "{}",
    operation: Annotated[str | None, typer.Option(help="文档中的哪一个操作")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 打印，供程序读取")] = False,
    data: Data = None,
) -> None:
    """解释一次操作：价格、可见性与语句；不执行它。退出码 1：执行时会被拒绝。"""
    from hub.actions.session import actor_called
    from hub.actor import ANONYMOUS, Actor
    from hub.db import Database
    from hub.explain import as_json as written
    from hub.explain import offline, shown

    given = variables_in(variables)
    try:
        document = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} 不是 UTF-8 文本") from error
    chosen = configured(data)

    async def find(database_url: str, name: str) -> Actor:
        database = Database(database_url, 1)
        try:
            return await actor_called(database, name)
        finally:
            await database.close()

    actor = ANONYMOUS
    if login is not None:
        with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
            actor = asyncio.run(find(database_url, login))
    told = offline(document, given, operation, actor, chosen)
    if as_json:
        sys.stdout.write(json.dumps(written(told), ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(shown(told), soft_wrap=not out.is_terminal)
    if told.problems:
        raise typer.Exit(1)


@app.command()
def token(
    login: Annotated[str, typer.Argument(help="登录名")],
    ttl: Annotated[int, typer.Option(min=1, help="有效期，小时")] = 12,
    data: Data = None,
) -> None:
    """为脚本签发一个访问令牌并打印。"""
    from hub.actions.session import issue_token
    from hub.db import Database

    async def issue(database_url: str) -> str:
        database = Database(database_url, 2)
        try:
            issued = await issue_token(
                database, login, ttl=timedelta(hours=ttl), now=datetime.now(UTC)
            )
        finally:
            await database.close()
        return issued.token

    with plainly(), servers(configured(data), valkey=False) as (database_url, _, _):
        sys.stdout.write(asyncio.run(issue(database_url)) + "\n")


app.command("import")(import_ledger)
app.command("import-dcc")(import_dcc)
app.command("export")(export_data)
app.command("export-dcc")(export_dcc)
app.add_typer(webhook, name="webhook")
app.add_typer(audit, name="audit")


@app.command()
def doctor(data: Data = None) -> None:
    """检查运行所需的一切，并说明问题所在。"""
    from hub.doctor import examine

    healthy = True
    for finding in examine(configured(data)):
        healthy = healthy and finding.good
        mark = "[green]✓[/green]" if finding.good else "[red]✗[/red]"
        out.print(f"{mark} {finding.what}：{finding.told}", highlight=False)
    raise typer.Exit(0 if healthy else 1)


def leave(number: int, frame: object) -> None:
    """End by an exception, so that the embedded servers are stopped on the way out."""
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGTERM, leave)
    app()
