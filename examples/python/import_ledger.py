# 导入一份台账：先检查，再导入，写出错误工作簿，最后按游标逐页读回并核对行数。
# 退出码：0 全部导入；1 有行被拒绝，或整份文件、整个请求被拒绝；2 用法不对。
import argparse
import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from gql import Client, FileVar, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXTransport

IMPORT = gql("""
mutation ImportLedger($input: ImportLedgerInput!) {
  importLedger(input: $input) {
    counts { imported skipped rejected blank header warned }
    wrong { line outcome }
    findings { line cell code message value }
    stored { created updated unchanged }
    problems { message }
    errorWorkbook
  }
}
""")
READ = gql("""
query Ledger($after: String) {
  instruments(first: 100, after: $after) {
    nodes { id assetNo name dueDate version }
    pageInfo { hasNextPage endCursor }
  }
}
""")
OUTCOMES = {"import": "提示", "skip": "跳过", "reject": "拒绝"}


def main() -> int:
    asked = arguments()
    try:
        with connected(asked.url, asked.token) as session:
            return 0 if take_in(session, asked) else 1
    except TransportQueryError as refusal:
        for error in refusal.errors or []:
            told = error["extensions"]
            print(f"{error['message']}（{told['code']}）{told.get('hint', '')}", file=sys.stderr)
    except (TransportError, OSError) as failure:
        print(failure, file=sys.stderr)
    return 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="导入一份台账，并读回核对")
    parser.add_argument("file", type=Path, help="台账文件：CSV、TSV 或 XLSX")
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="GraphQL 入口")
    token = os.environ.get("HUB_TOKEN")
    parser.add_argument("--token", default=token, required=not token, help="默认取 HUB_TOKEN")
    parser.add_argument("--owner", help="台账所属机构的统一社会信用代码，默认本机构")
    parser.add_argument("--as-of", help="判定未来日期所用的日期 YYYY-MM-DD，默认今天")
    parser.add_argument("--workbook", type=Path, help="错误工作簿，默认与台账同名加“-核对”")
    return parser.parse_args()


def connected(url: str, token: str) -> Client:
    # 上传文件须带 X-Hub-Preflight：它证明请求不是由别人网页上的表单发出的。
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept-Language": "zh-CN",
        "X-Hub-Preflight": "1",
    }
    return Client(transport=HTTPXTransport(url=url, headers=headers, timeout=60))


def take_in(session: SyncClientSession, asked: argparse.Namespace) -> bool:
    # 检查与导入给出相同的报告；检查什么也不写入。
    report = upload(session, asked, dry_run=True)
    if report["problems"]:
        print(*(each["message"] for each in report["problems"]), sep="\n", file=sys.stderr)
        return False
    show(report)
    if report["findings"]:
        save_workbook(report, asked)
    before = sum(1 for _ in ledger(session))
    stored = upload(session, asked, dry_run=False)["stored"]
    after = sum(1 for _ in ledger(session))
    print(f"导入：新建 {stored['created']}，更新 {stored['updated']}，未变 {stored['unchanged']}")
    print(f"读回：{after} 行，导入之前 {before} 行")
    counts: dict[str, int] = report["counts"]
    if sum(stored.values()) != counts["imported"] or after != before + stored["created"]:
        sys.exit("行数不符：导入期间台账可能另有修改，请重新核对")
    return counts["rejected"] == 0


def upload(
    session: SyncClientSession, asked: argparse.Namespace, *, dry_run: bool
) -> dict[str, Any]:
    # 不合格的行被拒绝，其余照常导入；要么全部导入、要么都不导入，则用 REJECT_ALL。
    given = {
        "file": FileVar(str(asked.file)),
        "owner": asked.owner,
        "asOf": asked.as_of,
        "onError": "REJECT_ROWS",
        "dryRun": dry_run,
        "idempotencyKey": str(uuid4()),
    }
    request = GraphQLRequest(IMPORT, variable_values={"input": given})
    report: dict[str, Any] = session.execute(request, upload_files=True)["importLedger"]
    return report


def show(report: dict[str, Any]) -> None:
    outcomes = {each["line"]: OUTCOMES[each["outcome"]] for each in report["wrong"]}
    for each in report["findings"]:
        place = f"第 {each['line']} 行 {each['cell'] or ''}"
        told = f"{each['message']}（{each['code']}，原值“{each['value']}”）"
        print(outcomes[each["line"]], place, told)
    counts = report["counts"]
    print(
        f"检查：导入 {counts['imported']}，跳过 {counts['skipped']}，拒绝 {counts['rejected']}，"
        f"空行 {counts['blank']}，表头 {counts['header']}，有提示 {counts['warned']}"
    )


def save_workbook(report: dict[str, Any], asked: argparse.Namespace) -> None:
    target = asked.workbook or asked.file.with_name(f"{asked.file.stem}-核对.xlsx")
    target.write_bytes(base64.b64decode(report["errorWorkbook"]))
    print(f"问题已标在 {target}，改正后可再次导入")


def ledger(session: SyncClientSession) -> Iterator[dict[str, Any]]:
    # 每次取 100 行，下一页从上一页的游标之后开始；途中新增的行不会使人读重或读漏。
    after = None
    while True:
        request = GraphQLRequest(READ, variable_values={"after": after})
        page = session.execute(request)["instruments"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


if __name__ == "__main__":
    sys.exit(main())
