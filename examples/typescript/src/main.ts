import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { Hub, HubError } from "./hub.js";
import { createInstrument, dueInstruments, verifyCertificate } from "./operations.js";
import { Replica } from "./replica.js";

const USAGE = `用法（环境变量 HUB_URL 为入口，HUB_TOKEN 为令牌）：
  node dist/main.js due [天数]
  node dist/main.js create 管理编号 器具名称 [最近校准日期]
  node dist/main.js verify 证书编号 查询码
  node dist/main.js replica 文件 [每隔几秒再读]`;

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

async function replicate(file: string, every: number | null): Promise<void> {
  const replica = new Replica(hub, file);
  await replica.catchUp();
  console.log(`一致：${replica.size} 件`);
  while (every !== null) {
    await sleep(every * 1000);
    await replica.catchUp();
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
  } else if (command === "replica" && first) {
    await replicate(first, second === undefined ? null : Number(second));
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof HubError)) throw error;
  console.error(`${error.message}（${error.code}）${error.hint ?? ""}`);
  process.exitCode = 1;
}
