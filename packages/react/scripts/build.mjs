/**
 * Builds the package to publish into `dist`: ESM and declarations by tsc, and a package.json whose
 * exports point at them. The workspace itself goes on using the sources, so nothing needs a build.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const folder = resolve(import.meta.dirname, "..");
const dist = join(folder, "dist");
rmSync(dist, { recursive: true, force: true });
execFileSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: folder, stdio: "inherit" });

const source = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { devDependencies: _dev, scripts: _scripts, files: _files, ...published } = source;
published.exports = Object.fromEntries(
  Object.entries(source.exports).map(([name, { default: path }]) => {
    const built = path.replace("./src/", "./").replace(/\.ts$/, "");
    return [name, { types: `${built}.d.ts`, default: `${built}.js` }];
  }),
);
writeFileSync(join(dist, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
copyFileSync(join(folder, "README.md"), join(dist, "README.md"));
copyFileSync(join(folder, "../../LICENSE"), join(dist, "LICENSE"));
