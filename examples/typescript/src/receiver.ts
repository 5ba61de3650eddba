import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

/** 一条消息的 data：什么变了；内容凭 changes 去取，所以丢一条、重一条都不要紧。 */
export interface Told {
  objectType: string;
  objectId: string;
  kind: "UPSERT" | "DELETE";
  version: number;
}

const TOLERANCE = 5 * 60;
const LARGEST = 65_536;

/** 在一个端口上接收回调：验签之后记下，再答 204。 */
export class Receiver {
  /** 签名密钥；知道之前一概不收。 */
  secret: string | undefined;
  private readonly inbox: Told[] = [];
  private wake = (): void => {};

  constructor(port: number) {
    const server = createServer(async (request, response) => {
      const status = await this.take(request).catch(() => 400);
      response.writeHead(status, { connection: "close" }).end();
    });
    server.requestTimeout = 15_000;
    server.listen(port, "127.0.0.1");
  }

  /** 下一条消息；这么多秒之内没有则为空。 */
  async next(seconds: number): Promise<Told | undefined> {
    if (!this.inbox.length) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        this.wake = () => (clearTimeout(timer), resolve());
      });
    }
    return this.inbox.shift();
  }

  private async take(request: IncomingMessage): Promise<number> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of request) {
      if ((size += piece.length) > LARGEST) return 413;
      pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    if (request.method !== "POST" || !this.secret || !isSigned(this.secret, request.headers, body)) {
      console.log("拒绝：签名不符");
      return 401;
    }
    const { type, data } = JSON.parse(body.toString());
    console.log("收到", type, JSON.stringify(data));
    if (type !== "ping") {
      this.inbox.push(data);
      this.wake();
    }
    return 204;
  }
}

/** 以收到的原始字节验签（Standard Webhooks）；签于 5 分钟之前的也不收，以防重放。 */
export function isSigned(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given } = headers;
  if (!id || !(Math.abs(Date.now() / 1000 - Number(at)) <= TOLERANCE)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const made = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${made}`);
  return String(given)
    .split(" ")
    .map((one) => Buffer.from(one))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}
