import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";

const RENDERING = "/src/app/render.tsx";
const ROUTES = "src/app/routes.tsx";
const FONT = /inter-latin-wght-normal.*\.woff2$/;
const THEME = '<script src="/theme.js"></script>';

type Chunks = ReadonlyMap<string, Rolldown.OutputChunk>;

/** The file of a module, and all that it imports at once. */
function filesOf(chunks: Chunks, module: string): Set<string> {
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    for (const each of chunks.get(name)?.imports ?? []) add(each);
  };
  const first = [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith(module));
  if (!first) throw new Error(`The build has no file for ${module}, which the page begins with.`);
  add(first.fileName);
  return found;
}

/** The module of each page by its path, as the routes say. */
function findPages(routes: string): Map<string, string> {
  const route = /path: "(\/[^"]*)",(?:(?!createRoute)[\s\S])*?import\("@\/(pages\/[^"]+)"\)/g;
  return new Map([...routes.matchAll(route)].map(([, path = "", module = ""]) => [path, module]));
}

/** Runs in the browser: `files` is a list of names, `pages` maps a path to places in it. */
const preload = `((files, pages) => {
  const here = location.pathname.split("/");
  const isHere = (path) => {
    const parts = path.split("/");
    return parts.length === here.length && parts.every((part, at) => part[0] === "$" || part === here[at]);
  };
  const [, wanted = []] = pages.find(([path]) => isHere(path)) ?? [];
  if (!isHere("/sign-in")) {
    const url = location.origin.replace("http", "ws") + "/trpc?connectionParams=1";
    globalThis.firstSocket = new WebSocket(url);
  }
  for (const place of wanted) {
    const link = document.createElement("link");
    link.rel = "preload";
    link.as = "script";
    link.crossOrigin = "";
    link.href = "/" + files[place];
    document.head.append(link);
  }
})`;

/**
 * A page's files are known by its address: they are asked for with the first ones, not when the router has come and has
 * found out. They are fetched and no more (`preload`, not `modulepreload`): what asks for the data runs before the browser
 * reads what draws them. The socket opens first of all (`app/firstSocket.ts`). The script that sets the theme does it too, under a name of its contents, so that the browser keeps it.
 */
export function startScript(): Plugin {
  return {
    name: "start-script",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const all = Object.values(bundle).filter((each) => each.type === "chunk");
      const chunks: Chunks = new Map(all.map((each) => [each.fileName, each]));
      const pages = findPages(await readFile(ROUTES, "utf8"));
      if (pages.size === 0)
        throw new Error(`${ROUTES} has no page that the start script can find.`);
      const always = filesOf(chunks, RENDERING);
      const own = [...pages].map(([path, module]) => {
        const files = [...filesOf(chunks, `/src/${module}.tsx`)].filter(
          (each) => !always.has(each),
        );
        return [path, files] as const;
      });
      const files = [...new Set(own.flatMap(([, names]) => names))];
      const places = own.map(([path, names]) => [path, names.map((each) => files.indexOf(each))]);
      const theme = await readFile(join(dir, "theme.js"), "utf8");
      const source = `${theme}${preload}(${JSON.stringify(files)}, ${JSON.stringify(places)});\n`;
      const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
      const name = `assets/start-${hash}.js`;
      await writeFile(join(dir, name), source);
      const page = join(dir, "index.html");
      const html = await readFile(page, "utf8");
      if (!html.includes(THEME))
        throw new Error(`index.html has no ${THEME} to put the start into.`);
      const links = [...always]
        .filter((each) => !html.includes(each))
        .map((each) => `    <link rel="preload" as="script" crossorigin href="/${each}">\n`);
      const font = Object.keys(bundle).find((each) => FONT.test(each));
      if (!font) throw new Error(`The build has no font that fits ${FONT}.`);
      links.push(
        `    <link rel="preload" as="font" type="font/woff2" crossorigin href="/${font}">\n`,
      );
      const started = html.replace(THEME, `<script src="/${name}"></script>`);
      await writeFile(page, started.replace("  </head>", `${links.join("")}  </head>`));
    },
  };
}
