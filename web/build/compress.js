// 每个值得压缩的文件旁边再写一个 .br，服务器直接发送。

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

/** 构建结束后压缩大于 1 KB 的 html、js、css、svg。 */
export function precompressed() {
  let folder;
  return {
    name: "precompressed",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true })) {
        const file = join(folder, name);
        if (!/\.(html|js|css|svg)$/.test(name) || statSync(file).size < 1024) continue;
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), options));
      }
    },
  };
}
