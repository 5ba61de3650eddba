import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

import { graphiqlInChinese, monacoInChinese } from "./build/chinese.js";
import { precompressed } from "./build/compress.js";

const outDir = fileURLToPath(new URL("../hub/web/static/graphiql", import.meta.url));

export default defineConfig({
  base: "./",
  plugins: [graphiqlInChinese(), monacoInChinese(), precompressed()],
  worker: { format: "es" },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
