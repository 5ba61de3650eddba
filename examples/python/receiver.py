# 接收回调：新建自己的回调，在一个端口上接收，验签之后记下，再答 204。
# 回调只说什么变了，内容由调用者凭 changes 去取；所以丢一条、重一条都不要紧。
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any
from uuid import uuid4

from gql import GraphQLRequest, gql
from gql.client import SyncClientSession
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

FIND = gql("""
query($name: String!) {
  webhooks(filter: {name: {eq: $name}}) { nodes { id version state blockedUntil } }
  changes(first: 0) { endCursor }
}
""")
CREATE = gql("""
mutation($input: CreateWebhookInput!) {
  told: createWebhook(input: $input) { webhook { id } secret problems { message hint } }
}
""")
ROTATE = gql("""
mutation($input: WebhookVersionInput!) {
  told: rotateWebhookSecret(input: $input) {
    webhook { id version } secret problems { message hint }
  }
}
""")
RESUME = gql("""
mutation($input: ReplayWebhookInput!) {
  told: replayWebhook(input: $input) { problems { message hint } }
}
""")
LARGEST = 65_536


def subscribed(
    session: SyncClientSession, url: str, types: list[str], kept: tuple[str, str] | None
) -> tuple[str, str]:
    # 投递到 url 的回调，其标识符与签名密钥；kept 是上次存下的。名称中有网址，以便找到自己的那一个。
    name = f"副本 {url}"
    found = session.execute(GraphQLRequest(FIND, variable_values={"name": name}))
    if not (nodes := found["webhooks"]["nodes"]):
        told = _done(session, CREATE, name=name, url=url, types=types)
        return told["webhook"]["id"], told["secret"]
    (one,) = nodes
    if kept is None or kept[0] != one["id"]:  # 上次没来得及存下密钥
        told = _done(session, ROTATE, id=one["id"], expectedVersion=one["version"])
        one |= told["webhook"]
        kept = one["id"], told["secret"]
    if one["state"] == "PAUSED" or one["blockedUntil"]:
        # 我们回来了：从现在的位置起恢复投递；其前的变更，随后由 changes 补齐。
        now = found["changes"]["endCursor"]
        _done(session, RESUME, id=one["id"], expectedVersion=one["version"], after=now)
    return kept


def _done(session: SyncClientSession, mutation: GraphQLRequest, **given: Any) -> dict[str, Any]:
    variables = {"input": {**given, "idempotencyKey": str(uuid4())}}
    request = GraphQLRequest(mutation.document, variable_values=variables)
    told: dict[str, Any] = session.execute(request)["told"]
    for problem in told["problems"]:
        raise SystemExit(f"{problem['message']}。{problem['hint'] or ''}")
    return told


class Receiver:
    def __init__(self, port: int) -> None:
        self.secret: str | None = None  # 签名密钥；知道之前一概不收
        self._inbox: Queue[dict[str, Any]] = Queue()
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        Thread(target=server.serve_forever, daemon=True).start()

    def next(self, seconds: float) -> dict[str, Any] | None:
        # 下一条消息的 data；这么久没有则为空。
        try:
            return self._inbox.get(timeout=seconds)
        except Empty:
            return None

    def take(self, headers: dict[str, str], body: bytes) -> int:
        # 收下一条消息，答以状态码。以收到的原始字节验签；签于 5 分钟之前的也不收，以防重放。
        try:
            told = Webhook(self.secret or "").verify(body, headers)
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
            print("拒绝：签名不符", flush=True)
            return 401
        print(f"收到 {told['type']} {json.dumps(told['data'])}", flush=True)
        if told["type"] != "ping":
            self._inbox.put(told["data"])
        return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self.take

        class Handler(BaseHTTPRequestHandler):
            timeout = 15

            def do_POST(self) -> None:
                size = self.headers.get("content-length", "")
                if not size.isascii() or not size.isdigit() or int(size) > LARGEST:
                    self.send_error(413)
                    return
                self.send_response(take(dict(self.headers), self.rfile.read(int(size))))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
