import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";

/**
 * 各种对象读到了哪里，与自己的回调。
 * cursor 是变更的游标；尚未读完导出时没有，exportKey 是那次导出的幂等键。
 */
export interface Place {
  nouns: Record<string, { exportKey?: string; cursor?: string }>;
  webhook?: { id: string; secret: string };
}

export type Step<Row> = { keep: Row } | { drop: string };

/**
 * 只往后写的副本文件：每批若干行，以 place 一行结束。
 * 断电或被杀时，没有 place 的残批在下次打开时丢弃，所以各行与游标总是一同前移。
 */
export class Journal<Row extends { id: string }> {
  readonly rows = new Map<string, Row>();
  place: Place = { nouns: {} };
  private fd: number;
  private lines = 0;

  constructor(private readonly file: string) {
    if (existsSync(file)) truncateSync(file, this.load(readFileSync(file)));
    this.fd = openSync(file, "a", 0o600);
  }

  /** 写入一批，落盘之后才返回。 */
  commit(steps: Step<Row>[], place: Place): void {
    this.write(this.fd, steps, place);
    this.apply(steps, place);
    if (this.lines > 4 * this.rows.size + 1_000) this.compact();
  }

  private load(bytes: Buffer): number {
    let good = 0;
    let steps: Step<Row>[] = [];
    for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) {
      const line = JSON.parse(bytes.toString("utf8", start, end));
      if (line.place) {
        this.apply(steps, line.place);
        steps = [];
        good = end + 1;
      } else {
        steps.push(line);
      }
    }
    return good;
  }

  private write(fd: number, steps: Step<Row>[], place: Place): void {
    const text = [...steps, { place }].map((line) => JSON.stringify(line) + "\n").join("");
    for (let rest = Buffer.from(text); rest.length; ) rest = rest.subarray(writeSync(fd, rest));
    fsyncSync(fd);
  }

  private apply(steps: Step<Row>[], place: Place): void {
    for (const step of steps) {
      if ("keep" in step) this.rows.set(step.keep.id, step.keep);
      else this.rows.delete(step.drop);
    }
    this.place = place;
    this.lines += steps.length + 1;
  }

  private compact(): void {
    const made = `${this.file}.new`;
    const fd = openSync(made, "w", 0o600);
    this.write(fd, [...this.rows.values()].map((keep) => ({ keep })), this.place);
    closeSync(this.fd);
    renameSync(made, this.file);
    this.fd = fd;
    this.lines = this.rows.size + 1;
  }
}
