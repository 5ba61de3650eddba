# 订阅本机构台账的变更（graphql-transport-ws），每收到一条打印一行，直到按 Ctrl-C。
# 断开时打印游标，下次用 --after 从那里续订。
import argparse
import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import dataclass

from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport

WATCH = gql("""
subscription($after: String) {
  changes(after: $after, types: [INSTRUMENT]) {
    pos cursor version at node { ... on Instrument { assetNo name status } }
  }
}
""")


def main() -> int:
    parser = argparse.ArgumentParser(description="订阅本机构台账的变更")
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="GraphQL 入口")
    token = os.environ.get("HUB_TOKEN")
    parser.add_argument("--token", default=token, required=not token, help="默认取 HUB_TOKEN")
    parser.add_argument("--after", metavar="游标", help="先补上此游标之后的变更；默认从现在开始")
    asked = parser.parse_args()
    place = Place(asked.after)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(watch(asked.url, asked.token, place))
    except (TransportError, OSError) as failure:
        print(f"连接已断开：{failure.__cause__ or failure}", file=sys.stderr)
        return 1
    finally:
        if place.cursor:
            print(f"续订：--after {place.cursor}", file=sys.stderr)
    return 0


@dataclass
class Place:
    cursor: str | None


async def watch(url: str, token: str, place: Place) -> None:
    # 令牌放在 connection_init 中；连接无声断开时，15 秒之内由 ping 发现。
    transport = WebsocketsTransport(
        url=url.replace("http", "ws", 1),
        init_payload={"token": token},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        ping_interval=10,
        pong_timeout=5,
    )
    async with Client(transport=transport) as session:
        print("已连接，等待变更……", flush=True)
        asked = GraphQLRequest(WATCH, variable_values={"after": place.cursor})
        async for event in session.subscribe(asked):
            change = event["changes"]
            now = change["node"]
            what = f"{now['assetNo']} {now['name']} {now['status']}" if now else "已退出台账"
            print(f"#{change['pos']} {change['at']} {what} 第 {change['version']} 版", flush=True)
            place.cursor = change["cursor"]  # 处理之后才前移，重复好过丢失


if __name__ == "__main__":
    sys.exit(main())
