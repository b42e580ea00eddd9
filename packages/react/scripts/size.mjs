/** Bundles each entry as an application would (minified, peers left out) and holds it to a budget. */
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const folder = resolve(import.meta.dirname, "..");
const peers = [/^react(\/|-|$)/, /^@tanstack\//, /^@trpc\//];

/** What is imported, from where, and how many gzipped bytes it may cost. */
const budgets = [
  ["core", "export * from './src/core/index.ts'", 8 * 1024],
  ["writes (with what it needs of the core)", "export * from './src/writes/index.ts'", 4 * 1024],
  ["tabs", "export * from './src/tabs/index.ts'", 2 * 1024],
  ["react (with core and writes)", "export * from './src/index.ts'", 15 * 1024],
  ["form (with what it needs of the core)", "export * from './src/form/index.ts'", 2 * 1024],
];

async function measure(code) {
  const entry = "\0entry";
  const { output } = await build({
    root: folder,
    logLevel: "silent",
    configFile: false,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? entry : undefined),
        load: (id) => (id === entry ? code.replaceAll("./src", `${folder}/src`) : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rolldownOptions: {
        input: "entry",
        external: (id) => peers.some((peer) => peer.test(id)),
        preserveEntrySignatures: "strict",
        output: { format: "es" },
      },
    },
  });
  return gzipSync(output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("")).length;
}

let failed = 0;
for (const [name, code, budget] of budgets) {
  const size = await measure(code);
  const isOver = size > budget;
  failed += isOver ? 1 : 0;
  console.log(`${isOver ? "OVER" : "ok  "} ${name}: ${size} of ${budget} bytes gzipped`);
}
console.log(`${budgets.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
