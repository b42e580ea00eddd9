import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { loadEnv, type Plugin, type Rolldown } from "vite";
import { defineConfig } from "vitest/config";
import { startScript } from "./startScript.ts";

// In the order of who takes a module first, with what it needs. The page's data are asked for by the first three, which
// are there before what draws them.
const groups = [
  { name: "react", test: /node_modules\/react\// },
  {
    name: "live",
    // Without the part for forms, which would bring its library along: no page begins with one.
    test: /node_modules\/(@trpc|@tanstack\/(react-query|query-core))\/|packages\/react\/src\/(?!form)/,
  },
  {
    name: "begin",
    // Not the client: what names the schemas would come with it.
    test: /portal\/shared\/hooks|src\/(pages\/runQueries|resources\/(labels|timeRange)|components\/table\/(rowWindow|tableSearch))\./,
  },
  { name: "react-dom", test: /node_modules\/(react-dom|scheduler)\// },
  {
    name: "router",
    test: /node_modules\/@tanstack\/(react-router|router-core|history|react-store|store)\//,
  },
  {
    name: "radix",
    // A list to choose from comes with the forms that have one.
    test: /node_modules\/(@radix-ui\/(?!react-select)|radix-ui|@floating-ui|aria-hidden|react-remove-scroll|sonner|lucide-react)/,
  },
  {
    name: "parts",
    // What most pages are made of, in one file: each further one is a further request.
    test: /src\/(lib\/(?!keepEscape|logLines|paths)|resources\/phase|components\/(page|pageStates|status|times|createButton|permittedButton|shell\/useNamespaces?|ui\/(badge|button|card|checkbox|dropdownMenu|hints|input|skeleton|tooltip))\.)/,
  },
  {
    name: "table",
    test: /node_modules\/@tanstack\/(react-table|table-core|react-virtual|virtual-core)\/|src\/components\/table\//,
  },
];

// Of a file that begins with this, Chromium compiles all functions at once, and keeps them so. Else it reads each one twice,
// and those that run after the file itself at every visit anew.
const COMPILED_AT_ONCE = "//# allFunctionsCalledOnLoad\n";

/** What a page is drawn with is needed almost whole; a library that comes when it is asked for is not. */
function isDrawnWith({ name, facadeModuleId }: Rolldown.OutputChunk): boolean {
  const isGroup = groups.some((group) => group.name === name);
  return isGroup || /\/src\/(main|app|pages)/.test(facadeModuleId ?? "");
}

function compiledAtOnce(): Plugin {
  return {
    name: "compiled-at-once",
    apply: "build",
    // It is the first line or none: after all else that writes something there.
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const each of Object.values(bundle)) {
          if (each.type === "chunk" && isDrawnWith(each)) each.code = COMPILED_AT_ONCE + each.code;
        }
      },
    },
  };
}

/** Puts a `.br` beside each text file: the server sends it to whoever takes it. */
function compressed(): Plugin {
  const compress = promisify(brotliCompress);
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const texts = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name));
      await Promise.all(
        texts.map(async (name) => {
          const path = join(dir, name);
          await writeFile(`${path}.br`, await compress(await readFile(path)));
        }),
      );
    },
  };
}

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, ".", "PORTAL_")["PORTAL_SERVER"] ?? "http://127.0.0.1:8000";
  return {
    plugins: [react(), tailwindcss(), compiledAtOnce(), compressed(), startScript()],
    resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
    server: {
      host: "127.0.0.1",
      proxy: { "/trpc": { target: server, ws: true }, "/auth": { target: server } },
    },
    build: {
      target: "es2022",
      // Libraries change less often than the portal: in files of their own they stay cached.
      rolldownOptions: { output: { codeSplitting: { groups } } },
    },
    test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
  };
});
