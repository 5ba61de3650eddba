"""The command `hub`: run it, feed it, ask it what is wrong. Exit 0 good, 1 refused, 2 used wrongly.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hub.errors import HubError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from hub.demo.logins import Login
    from hub.importers.ledger.intake import Intake
    from hub.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="计量数据枢纽 · metrology data hub",
)
out = Console()
err = Console(stderr=True)

Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="监听端口")]
Data = Annotated[Path | None, typer.Option(help="数据文件夹（内置服务器与密钥）")]


class OnErrorOption(StrEnum):
    """What becomes of the good lines when some are rejected."""

    REJECT_ALL = "reject-all"
    REJECT_ROWS = "reject-rows"


@contextmanager
def plainly() -> Iterator[None]:
    """Show a refusal as words and a hint, and exit 1."""
    try:
        yield
    except HubError as error:
        err.print(f"[red]{error.words.zh}[/red] · {error.words.en}", soft_wrap=True)
        if error.hint:
            err.print(f"{error.hint.zh} · {error.hint.en}", soft_wrap=True)
        raise typer.Exit(1) from error


def configured(data: Path | None, **given: object) -> "Settings":
    """The settings with what the command line says instead; exit 2 for what cannot be used."""
    from pydantic import ValidationError

    from hub.settings import Settings, settings

    told = {name: value for name, value in given.items() if value is not None}
    told |= {"data": data} if data is not None else {}
    try:
        return Settings.model_validate(settings().model_dump() | told)
    except ValidationError as error:
        for fault in error.errors():
            name = "HUB_" + "_".join(map(str, fault["loc"])).upper()
            err.print(f"[red]设置 {name} 不可用[/red] · {fault['msg']}", soft_wrap=True)
        raise typer.Exit(2) from error


@contextmanager
def servers(chosen: "Settings", *, valkey: bool = True) -> Iterator[tuple[str, str, list[Any]]]:
    """URLs of PostgreSQL and Valkey: the configured ones, or embedded ones while the block runs.

    A command that needs no Valkey gets no URL of it.
    """
    from hub.embedded.supervisor import Embedded

    database = chosen.database_url and chosen.database_url.get_secret_value()
    redis = chosen.redis_url and chosen.redis_url.get_secret_value()
    if database and (redis or not valkey):
        yield database, redis or "", []
        return
    with Embedded.open(
        chosen.data,
        account=chosen.embedded_user,
        postgres=database is None,
        valkey=valkey and redis is None,
    ) as embedded:
        yield (
            database or embedded.database_url,
            redis or (embedded.redis_url if valkey else ""),
            [embedded.watch],
        )


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
    """只做后台工作：为已提交的变更编号。"""
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
    """The variables that a JSON text says; exit 2 for what is no JSON object."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--variables 不是 JSON：{error}") from error
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


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; silent elsewhere."""
    with Progress(console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


REPORTS = (".json", ".xlsx")


def must_be_writable(target: Path) -> None:
    """Exit 2, before anything is imported, for a report that could not be written afterwards."""
    if target.suffix.lower() not in REPORTS:
        raise typer.BadParameter(f"报告须为 .json 或 .xlsx：{target}")
    try:
        target.touch()
    except OSError as error:
        raise typer.BadParameter(f"报告无法写入 {target}：{error.strerror}") from error


def write_report(target: Path, intake: "Intake") -> None:
    """Write the report of an import: JSON, or a workbook with the faulty cells marked."""
    from hub.importers.ledger.report import error_workbook

    if target.suffix.lower() == ".xlsx":
        target.write_bytes(error_workbook(intake.judged, intake.table))
        return
    target.write_text(json.dumps(intake.report(), ensure_ascii=False, indent=1) + "\n")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="台账文件")],
    owner: Annotated[str, typer.Option(help="台账所属机构的统一社会信用代码")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="判定未来日期所用的日期，默认今天")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    on_error: Annotated[
        OnErrorOption, typer.Option(help="有不合格行时：全部不导入，或只拒绝这些行")
    ] = OnErrorOption.REJECT_ALL,
    report: Annotated[
        Path | None, typer.Option(help="报告：.json 为逐行结果，.xlsx 为标出问题的工作簿")
    ] = None,
    data: Data = None,
) -> None:
    """导入一份台账。退出码 1：有行被拒绝，或整份文件不可读。"""
    from hub.db import Database
    from hub.importers.ledger.intake import OnError, import_file
    from hub.times import today

    chosen = configured(data)
    if report is not None:
        must_be_writable(report)

    async def run(database_url: str) -> "Intake":
        database = Database(database_url, 2)
        try:
            with progress("逐行检查") as on_progress:
                return await import_file(
                    database,
                    file,
                    uscc=owner,
                    today=today(),
                    as_of=as_of.date() if as_of else None,
                    on_error=OnError[on_error.name],
                    dry_run=dry_run,
                    on_progress=on_progress,
                )
        finally:
            await database.close()

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        intake = asyncio.run(run(database_url))
    told = intake.report()
    if report is not None:
        write_report(report, intake)
    counts, stored = told["counts"], told["stored"]
    out.print(f"{'检查' if dry_run else '导入'}：{json.dumps(counts, ensure_ascii=False)}")
    if stored is None:
        out.print("未写入任何行：有不合格行（--on-error reject-rows 可只拒绝这些行）")
    else:
        out.print(f"{'将写入（未写）' if dry_run else '写入'}：{json.dumps(stored)}")
    if counts["reject"]:
        raise typer.Exit(1)


@app.command("import-dcc")
def import_dcc(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="DCC 文件")],
    client: Annotated[
        str | None, typer.Option(help="委托单位的统一社会信用代码；默认按文件中的名称")
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(help="出具机构的统一社会信用代码；境内实验室必填，境外实验室默认按名称"),
    ] = None,
    data: Data = None,
) -> None:
    """导入数字校准证书（DCC 3.1.1–3.3.0）。退出码 1：有文件被拒绝。"""
    from hub.actor import PLATFORM
    from hub.db import Database
    from hub.importers.dcc.intake import import_dcc as take_in
    from hub.importers.ledger.intake import organization_id
    from hub.keys import Keyring

    chosen = configured(data)

    async def run(database_url: str) -> int:
        database = Database(database_url, 2)
        refused = 0
        keys = Keyring.of_settings(chosen)
        try:
            client_id = await organization_id(database, client) if client else None
            issuer_id = await organization_id(database, issuer) if issuer else None
            for file in files:
                content = await asyncio.to_thread(file.read_bytes)
                try:
                    taken = await take_in(
                        database,
                        PLATFORM,
                        content,
                        file.name,
                        keys,
                        client_id=client_id,
                        issuer_id=issuer_id,
                    )
                except HubError as error:
                    refused += 1
                    err.print(
                        f"[red]✗[/red] {file.name}：{error.words.zh} · {error.words.en}",
                        soft_wrap=True,
                    )
                else:
                    told = f"{taken.certificate.number} {taken.outcome.label}"
                    out.print(f"[green]✓[/green] {file.name}：{told}", soft_wrap=True)
        finally:
            await database.close()
        return refused

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        if asyncio.run(run(database_url)):
            raise typer.Exit(1)


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
