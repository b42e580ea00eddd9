import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const folder = resolve(import.meta.dirname, "../..");

function readTests(name: string): string {
  const path = name.includes("/") ? name : `core/${name}`;
  const file = [".test.ts", ".test.tsx"]
    .map((ending) => join(folder, "tests", `${path}${ending}`))
    .find((candidate) => existsSync(candidate));
  if (!file) throw new Error(`The README names tests/${path}, which is not there.`);
  return readFileSync(file, "utf8");
}

/** `file: title; title; other file: title` of each row of the scenarios' table. */
function namedTests(): [string, string][] {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const table = readme.slice(readme.indexOf("| scenario"), readme.indexOf("W17, W18"));
  const cells = table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[3]?.trim() ?? "");
  return cells.filter(Boolean).flatMap((cell) => {
    let file = "";
    return cell.split("; ").flatMap((part): [string, string][] => {
      const match = /^`([^`]+)`(?:: )?(.*)$/.exec(part);
      file = match?.[1] ?? file;
      return file === "bench/ui" ? [] : [[file, match?.[2] ?? part]];
    });
  });
}

test.each(namedTests())("the README's test in %s is there: %s", (file, title) => {
  const text = readTests(file);
  if (title !== "all of it") expect(text).toContain(`("${title}`);
});
