# 在一个 SQLite 文件中保存本机构器具与证书的副本：先导出一次，此后只读变更，由回调唤醒。
# 副本与游标在同一个事务中前移，所以中断后重来即从断处继续，不丢失、不重复。
# 退出码：0 已一致；1 请求被拒绝，或导出未成功；2 用法不对。
import argparse
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
from gql import Client, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXTransport
from receiver import Receiver, subscribed

KEPT = {
    "INSTRUMENT": ("id", "version", "assetNo", "name", "status", "location", "dueDate"),
    "CERTIFICATE": ("id", "version", "number", "state", "issueDate", "validUntil"),
}
EXPORT = gql("""
mutation($noun: ExportNoun!, $key: String!) {
  exportData(input: {noun: $noun, format: JSONL, idempotencyKey: $key}) {
    export { id changeCursor }
    problems { message }
  }
}
""")
READY = gql("query($id: ID!) { export(id: $id) { state failure rows url } }")
CHANGES = gql(f"""
query($noun: ChangeType!, $first: Int!, $after: String!) {{
  changes(types: [$noun], first: $first, after: $after) {{
    nodes {{
      id
      node {{
        ... on Instrument {{ {" ".join(KEPT["INSTRUMENT"])} }}
        ... on Certificate {{ {" ".join(KEPT["CERTIFICATE"])} }}
      }}
    }}
    endCursor
    hasMore
  }}
}}
""")
TABLES = """
CREATE TABLE IF NOT EXISTS object (
    id TEXT PRIMARY KEY, noun TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS place (noun TEXT PRIMARY KEY, export_key TEXT, cursor TEXT);
CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY, secret TEXT NOT NULL);
"""
# place：cursor 是变更的游标；尚未读完导出时为空，export_key 是那次导出的幂等键。
PASSING = {"UNAVAILABLE", "BUSY", "THROTTLED", "TIMEOUT", "INTERNAL", "MAINTENANCE"}
LONGEST_PAUSE = 30.0


def main() -> int:
    asked = arguments()
    os.umask(0o077)  # 文件中有签名密钥
    headers = {"Authorization": f"Bearer {asked.token}", "Accept-Language": "zh-CN"}
    transport = HTTPXTransport(url=asked.url, headers=headers, timeout=60)
    replica = Replica(asked.file, asked.url, asked.page)
    receiver = Receiver(asked.listen) if asked.listen else None
    callback = asked.callback or f"http://127.0.0.1:{asked.listen}/"
    pause = 0.1
    while True:
        try:
            with Client(transport=transport) as session:
                while True:
                    if receiver:
                        receiver.secret = replica.secret(session, callback)
                    replica.catch_up(session)
                    print(f"一致：{replica.size} 件", flush=True)
                    pause = 0.1
                    if receiver is None:
                        return 0
                    while told := receiver.next(asked.every):
                        if not replica.knows(told):
                            replica.catch_up(session)
        except (TransportError, httpx.HTTPError, OSError) as failure:
            if code(failure) not in {None, *PASSING}:
                print(failure, file=sys.stderr)
                return 1
            print(f"{failure}，{pause:g} 秒后继续", file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="在 SQLite 中保存本机构器具与证书的副本")
    parser.add_argument("file", help="SQLite 文件")
    url = os.environ.get("HUB_URL", "http://127.0.0.1:8000/graphql")
    parser.add_argument("--url", default=url, help="GraphQL 入口，默认取 HUB_URL")
    token = os.environ.get("HUB_TOKEN")
    parser.add_argument("--token", default=token, required=not token, help="默认取 HUB_TOKEN")
    parser.add_argument("--page", type=int, default=100, help="每页变更数；系统账号可到 1000")
    parser.add_argument("--listen", type=int, metavar="端口", help="接收回调；省略则一致之后退出")
    parser.add_argument("--callback", metavar="网址", help="平台投递到的网址，默认本机的那个端口")
    parser.add_argument("--every", type=float, default=300, help="接收回调时也每隔几秒自行再读")
    return parser.parse_args()


def code(failure: BaseException) -> str | None:
    # 被拒绝的原因；断线没有。
    if isinstance(failure, TransportQueryError) and failure.errors:
        told: str = failure.errors[0]["extensions"]["code"]
        return told
    return None


class Replica:
    def __init__(self, file: str, url: str, page: int) -> None:
        self._url = url
        self._page = page
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(TABLES)
        for noun in KEPT:
            self._db.execute("INSERT OR IGNORE INTO place VALUES (?, NULL, NULL)", (noun,))

    @property
    def size(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM object").fetchone()[0])

    def knows(self, told: dict[str, Any]) -> bool:
        # 回调至少送达一次，次序不定：版本不高于已有的，早已读到。
        wanted = "SELECT version FROM object WHERE id = ?"
        row = self._db.execute(wanted, (told["objectId"],)).fetchone()
        if row is None:
            return bool(told["kind"] == "DELETE")
        return bool(row["version"] >= told["version"])

    def secret(self, session: SyncClientSession, callback: str) -> str:
        # 签名密钥只显示一次，所以存下。
        row = self._db.execute("SELECT id, secret FROM webhook").fetchone()
        made = subscribed(session, callback, list(KEPT), tuple(row) if row else None)
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM webhook")
            self._db.execute("INSERT INTO webhook VALUES (?, ?)", made)
        return made[1]

    def catch_up(self, session: SyncClientSession) -> None:
        # 一直读到与枢纽一致。
        for noun in KEPT:
            while self._step(session, noun):
                pass

    def _step(self, session: SyncClientSession, noun: str) -> bool:
        # 读一步；后面还有时为真。
        place = self._db.execute("SELECT * FROM place WHERE noun = ?", (noun,)).fetchone()
        if place["cursor"] is not None:
            return self._follow(session, place)
        if place["export_key"] is not None:
            self._fill(session, noun, place["export_key"])
        else:
            self._place(noun, str(uuid4()), None)
        return True

    def _fill(self, session: SyncClientSession, noun: str, key: str) -> None:
        # 幂等键已存下：中断后以它再问，得到同一项导出。
        # 导出的 changeCursor 在读第一行之前取得，就是变更的起点。
        asked = {"noun": noun, "key": key}
        told = session.execute(GraphQLRequest(EXPORT, variable_values=asked))["exportData"]
        if told["problems"]:
            sys.exit(told["problems"][0]["message"])
        ready = self._ready(session, noun, told["export"]["id"])
        with httpx.stream("GET", urljoin(self._url, ready["url"]), timeout=60) as answer:
            if answer.is_client_error:  # 文件已清理，或账号的权限已变：须重新导出
                self._place(noun, None, None)
            answer.raise_for_status()
            with self._db:
                self._db.execute("BEGIN")
                self._db.execute("DELETE FROM object WHERE noun = ?", (noun,))
                if ready["rows"] != sum(self._keep(noun, row) for row in rows(answer.iter_bytes())):
                    raise ConnectionError("导出文件不完整")
                self._place(noun, None, told["export"]["changeCursor"])

    def _ready(self, session: SyncClientSession, noun: str, export_id: str) -> dict[str, Any]:
        # 导出写完之后的链接，15 分钟内有效；每次下载之前都重新取得。
        request = GraphQLRequest(READY, variable_values={"id": export_id})
        while True:
            told: dict[str, Any] = session.execute(request)["export"]
            if told["state"] == "DONE":
                return told
            if told["state"] not in {"QUEUED", "RUNNING"}:
                self._place(noun, None, None)
                sys.exit(f"导出未成功（{told['failure'] or told['state']}），重来即重新导出")
            time.sleep(0.5)

    def _follow(self, session: SyncClientSession, place: sqlite3.Row) -> bool:
        # 读一页变更；后面还有时为真。
        noun = place["noun"]
        variables = {"noun": noun, "first": self._page, "after": place["cursor"]}
        try:
            told = session.execute(GraphQLRequest(CHANGES, variable_values=variables))["changes"]
        except TransportQueryError as refusal:
            if code(refusal) != "CHANGE_TOKEN_EXPIRED":
                raise
            # 变更已不再保留，须重新导出；其 changeCursor 不早于 restartToken，所以后者不必存下。
            self._place(noun, None, None)
            return True
        with self._db:
            self._db.execute("BEGIN")
            for change in told["nodes"]:
                if change["node"] is None:
                    self._db.execute("DELETE FROM object WHERE id = ?", (change["id"],))
                else:
                    self._keep(noun, change["node"])
            self._place(noun, None, told["endCursor"])
        return bool(told["hasMore"])

    def _keep(self, noun: str, row: dict[str, Any]) -> int:
        content = json.dumps({name: row[name] for name in KEPT[noun]}, ensure_ascii=False)
        kept = (row["id"], noun, row["version"], content)
        return self._db.execute("REPLACE INTO object VALUES (?, ?, ?, ?)", kept).rowcount

    def _place(self, noun: str, key: str | None, cursor: str | None) -> None:
        self._db.execute("REPLACE INTO place VALUES (?, ?, ?)", (noun, key, cursor))


def rows(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    # JSONL 只以 \n 分行：内容中可以有 U+2028 之类，不要用 splitlines 或 iter_lines。
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, lines)


if __name__ == "__main__":
    sys.exit(main())
