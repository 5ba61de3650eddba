"""What the commands of `hub` share: how they speak, and where settings and servers come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from hub.errors import HubError

if TYPE_CHECKING:
    from hub.settings import Settings

out = Console()
err = Console(stderr=True)

Data = Annotated[Path | None, typer.Option(help="数据文件夹（内置服务器与密钥）")]


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
