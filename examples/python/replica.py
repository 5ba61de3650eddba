# 在一个 SQLite 文件中保存本机构台账的副本：先通读一遍，此后只读变更；中断后重来即从断处继续。
# 副本与游标在同一个事务中前移，所以不丢失、不重复。
# 退出码：0 已一致；1 请求被拒绝；2 用法不对。
import argparse
import os
import sqlite3
import sys
import time
from typing import Any

from gql import Client, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXTransport

NOW = gql("query { changes(first: 0) { endCursor } }")
PAGE = gql("""
query($first: Int!, $after: String) {
  instruments(first: $first, after: $after) {
    nodes { ...Kept }
    pageInfo { endCursor hasNextPage }
  }
}
fragment Kept on Instrument { id version assetNo name status location dueDate }
""")
CHANGES = gql("""
query($first: Int!, $after: String!) {
  changes(first: $first, after: $after, types: [INSTRUMENT]) {
    nodes { id kind node { ...Kept } }
    endCursor
    hasMore
  }
}
fragment Kept on Instrument { id version assetNo name status location dueDate }
""")
TABLES = """
CREATE TABLE IF NOT EXISTS instrument (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, asset_no TEXT, name TEXT, status TEXT,
    location TEXT, due_date TEXT, reading INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), reading INTEGER NOT NULL, page TEXT,
    is_read INTEGER NOT NULL, cursor TEXT
);
INSERT OR IGNORE INTO place VALUES (1, 0, NULL, 0, NULL);
"""
# place：第 reading 次通读，读到游标 page，is_read 为 1 则已读完。
# cursor 是变更的游标，通读之前就取定。
PASSING = {"UNAVAILABLE", "BUSY", "THROTTLED", "TIMEOUT", "INTERNAL", "MAINTENANCE"}
LONGEST_PAUSE = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(description="在 SQLite 中保存本机构台账的副本")
    parser.add_argument("file", help="SQLite 文件")
    url = os.environ.get("HUB_URL", "http://127.0.0.1:8000/graphql")
    parser.add_argument("--url", default=url, help="GraphQL 入口，默认取 HUB_URL")
    token = os.environ.get("HUB_TOKEN")
    parser.add_argument("--token", default=token, required=not token, help="默认取 HUB_TOKEN")
    parser.add_argument("--page", type=int, default=100, help="每页行数；系统账号可到 1000")
    parser.add_argument("--every", type=float, metavar="秒", help="一致之后每隔几秒再读；默认退出")
    asked = parser.parse_args()
    headers = {"Authorization": f"Bearer {asked.token}", "Accept-Language": "zh-CN"}
    replica = Replica(asked.file, asked.page)
    transport = HTTPXTransport(url=asked.url, headers=headers, timeout=60)
    pause = 0.1
    while True:
        try:
            with Client(transport=transport) as session:
                replica.catch_up(session)
                pause = 0.1
                print(f"一致：{replica.size} 件", flush=True)
                while asked.every is not None:
                    time.sleep(asked.every)
                    replica.catch_up(session)
                return 0
        except (TransportError, OSError) as failure:
            if code(failure) not in {None, *PASSING}:
                print(failure, file=sys.stderr)
                return 1
            print(f"{failure}，{pause:g} 秒后继续", file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def code(failure: BaseException) -> str | None:
    # 被拒绝的原因；断线没有。
    if isinstance(failure, TransportQueryError) and failure.errors:
        told: str = failure.errors[0]["extensions"]["code"]
        return told
    return None


class Replica:
    def __init__(self, file: str, page: int) -> None:
        self._page = page
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(TABLES)

    @property
    def size(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM instrument").fetchone()[0])

    def catch_up(self, session: SyncClientSession) -> None:
        # 一直读到与枢纽一致。
        while True:
            place = self._db.execute("SELECT * FROM place").fetchone()
            if place["cursor"] is None:
                self._begin(session)
            elif not place["is_read"]:
                self._read(session, place)
            elif not self._follow(session, place["cursor"]):
                return

    def _begin(self, session: SyncClientSession) -> None:
        # 先取游标，再通读：通读时发生的变更，之后还会读到。
        cursor = session.execute(NOW)["changes"]["endCursor"]
        self._db.execute(
            "UPDATE place SET reading = reading + 1, page = NULL, is_read = 0, cursor = ?",
            (cursor,),
        )

    def _read(self, session: SyncClientSession, place: sqlite3.Row) -> None:
        variables = {"first": self._page, "after": place["page"]}
        told = session.execute(GraphQLRequest(PAGE, variable_values=variables))["instruments"]
        info = told["pageInfo"]
        with self._db:
            self._db.execute("BEGIN")
            for row in told["nodes"]:
                self._keep(row)
            done = not info["hasNextPage"]
            self._db.execute("UPDATE place SET page = ?, is_read = ?", (info["endCursor"], done))
            if done:  # 上次通读之后已消失的
                self._db.execute("DELETE FROM instrument WHERE reading < ?", (place["reading"],))

    def _follow(self, session: SyncClientSession, cursor: str) -> bool:
        # 读一页变更；后面还有时为真。
        variables = {"first": self._page, "after": cursor}
        try:
            told = session.execute(GraphQLRequest(CHANGES, variable_values=variables))["changes"]
        except TransportQueryError as refusal:
            if code(refusal) != "CHANGE_TOKEN_EXPIRED":
                raise
            self._db.execute("UPDATE place SET cursor = NULL")  # 变更已不再保留，须重新通读
            return True
        with self._db:
            self._db.execute("BEGIN")
            for change in told["nodes"]:
                if change["node"] is None:
                    self._db.execute("DELETE FROM instrument WHERE id = ?", (change["id"],))
                else:
                    self._keep(change["node"])
            self._db.execute("UPDATE place SET cursor = ?", (told["endCursor"],))
        return bool(told["hasMore"])

    def _keep(self, row: dict[str, Any]) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO instrument SELECT :id, :version, :assetNo, :name, :status,"
            " :location, :dueDate, reading FROM place",
            row,
        )


if __name__ == "__main__":
    sys.exit(main())
