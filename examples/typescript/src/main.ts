import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";

import { Hub, HubError } from "./hub.js";
import {
  createInstrument,
  dueInstruments,
  importLedger,
  verifyCertificate,
} from "./operations.js";
import { Receiver } from "./receiver.js";
import { Replica } from "./replica.js";

const USAGE = `用法（环境变量 HUB_URL 为入口，HUB_TOKEN 为令牌）：
  node dist/main.js due [天数]
  node dist/main.js create 管理编号 器具名称 [最近校准日期]
  node dist/main.js verify 证书编号 查询码
  node dist/main.js import 台账文件
  node dist/main.js replica 文件 [--listen 端口] [--callback 网址] [--every 秒]`;

const { HUB_URL = "http://127.0.0.1:8000/graphql", HUB_TOKEN } = process.env;
const hub = new Hub(HUB_URL, HUB_TOKEN);

async function due(withinDays: number): Promise<void> {
  let count = 0;
  for await (const { dueDate, dueState, assetNo, name } of dueInstruments(hub, withinDays)) {
    count += 1;
    console.log(dueDate, dueState, assetNo ?? "（无管理编号）", name);
  }
  console.log(`共 ${count} 台`);
}

async function create(assetNo: string, name: string, lastDate: string | null): Promise<void> {
  const { instrument, problems, replayed } = await createInstrument(
    hub,
    { assetNo, name, calibrationMode: "CALIBRATION", intervalMonths: 12, lastDate },
    randomUUID(),
  );
  for (const { code, message, path } of problems) {
    console.error(`被拒绝：${message}（${[code, ...path].join(" ")}）`);
    process.exitCode = 1;
  }
  if (instrument) {
    const { assetNo, name, dueDate } = instrument;
    console.log(replayed ? "先前已新建" : "已新建", assetNo, name, "有效期至", dueDate ?? "未排期");
  }
}

async function verify(number: string, code: string): Promise<void> {
  console.log(await verifyCertificate(hub, number, code));
}

async function importFile(file: string): Promise<void> {
  const { counts, findings, stored } = await importLedger(hub, file, randomUUID());
  for (const { line, message, code } of findings) console.log(`第 ${line} 行 ${message}（${code}）`);
  console.log(`新建 ${stored.created}，更新 ${stored.updated}，未变 ${stored.unchanged}`);
  if (counts.rejected) process.exitCode = 1;
}

async function replicate(file: string, options: string[]): Promise<void> {
  const { values } = parseArgs({
    args: options,
    options: {
      listen: { type: "string" },
      callback: { type: "string" },
      every: { type: "string", default: "300" },
    },
  });
  const replica = new Replica(hub, file);
  const receiver = values.listen ? new Receiver(Number(values.listen)) : undefined;
  const callback = values.callback ?? `http://127.0.0.1:${values.listen}/`;
  for (;;) {
    if (receiver) receiver.secret = await replica.secret(callback);
    await replica.catchUp();
    console.log(`一致：${replica.size} 件`);
    if (!receiver) return;
    for (let told; (told = await receiver.next(Number(values.every))); ) {
      if (!replica.knows(told)) await replica.catchUp();
    }
  }
}

const [command, first, second, third] = process.argv.slice(2);
try {
  if (command === "due") {
    await due(Number(first ?? 30));
  } else if (command === "create" && first && second) {
    await create(first, second, third ?? null);
  } else if (command === "verify" && first && second) {
    await verify(first, second);
  } else if (command === "import" && first) {
    await importFile(first);
  } else if (command === "replica" && first) {
    await replicate(first, process.argv.slice(4));
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof HubError)) throw error;
  console.error(`${error.message}（${error.code}）${error.hint ?? ""}`);
  process.exitCode = 1;
}
