# 使枢纽的台账与本系统的一份 CSV 一致：每次 1000 行，逐行回答；中断后重来即可，相同的行不会再写入。
# 退出码：0 全部一致；1 有行被拒绝或冲突，或整个请求被拒绝；2 用法不对。
import argparse
import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from gql import Client, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXTransport

ROWS = 1_000
PATIENCE = (1, 2, 4, 8, 16)
SYNC = gql("""
mutation SyncLedger($input: SyncInstrumentsInput!) {
  syncInstruments(input: $input) {
    results { index externalId status changed problems { code message path } }
    replayed
  }
}
""")
WHOLE_NUMBERS = {"intervalMonths", "ifVersion"}


def main() -> int:
    parser = argparse.ArgumentParser(description="使枢纽的台账与一份 CSV 一致")
    parser.add_argument("file", type=Path, help="CSV；表头为 externalId、assetNo、name 等项名")
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="GraphQL 入口")
    token = os.environ.get("HUB_TOKEN")
    parser.add_argument("--token", default=token, required=not token, help="默认取 HUB_TOKEN")
    parser.add_argument("--source", default="erp", help="本系统的名称，外部编号在其中唯一")
    parser.add_argument("--dry-run", action="store_true", help="只看结果，不写入")
    asked = parser.parse_args()
    headers = {"Authorization": f"Bearer {asked.token}", "Accept-Language": "zh-CN"}
    counts: Counter[str] = Counter()
    try:
        transport = HTTPXTransport(url=asked.url, headers=headers, timeout=60)
        with Client(transport=transport) as session:
            for first, rows in chunks(asked.file):
                told = send(session, rows, asked)
                for result in told["results"]:
                    counts[result["status"]] += 1
                    for problem in result["problems"]:
                        line = first + result["index"]
                        print(f"第 {line} 行 {problem['message']}（{problem['code']}）")
    except TransportQueryError as refusal:
        for error in refusal.errors or []:
            told = error["extensions"]
            print(f"{error['message']}（{told['code']}）{told.get('hint', '')}", file=sys.stderr)
        return 1
    except (TransportError, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print("，".join(f"{status} {number}" for status, number in sorted(counts.items())))
    return 1 if counts["REJECTED"] or counts["CONFLICT"] else 0


def chunks(file: Path) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    # 空单元格表示没有此值（null 清空）；要保持枢纽中的值不变，就去掉那一列。
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        first = 2
        while rows := [read(row) for row in islice(table, ROWS)]:
            yield first, rows
            first += len(rows)


def read(row: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {key: value or None for key, value in row.items()}
    for key in WHOLE_NUMBERS & given.keys():
        given[key] = int(given[key]) if given[key] else None
    return given


def send(
    session: SyncClientSession, rows: list[dict[str, Any]], asked: argparse.Namespace
) -> dict[str, Any]:
    # 每批一个幂等键：断线后以同一键重发，得到第一次的回答，而不会写入两次。
    given = {
        "rows": rows,
        "source": asked.source,
        "onError": "REJECT_ROWS",
        "dryRun": asked.dry_run,
        "idempotencyKey": str(uuid4()),
    }
    request = GraphQLRequest(SYNC, variable_values={"input": given})
    for pause in (*PATIENCE, None):
        try:
            told: dict[str, Any] = session.execute(request)["syncInstruments"]
            return told
        except (TransportError, OSError) as failure:
            if pause is None or isinstance(failure, TransportQueryError):
                raise
            print(f"{failure}，{pause} 秒后重试", file=sys.stderr)
            time.sleep(pause)
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
