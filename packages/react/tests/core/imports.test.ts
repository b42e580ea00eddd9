import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../../src");

function importsOf(folder: string): string[] {
  return readdirSync(join(source, folder)).flatMap((file) => {
    const text = readFileSync(join(source, folder, file), "utf8");
    return [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
  });
}

/** What each folder may import, besides its own files. */
const allowed: { readonly [folder: string]: readonly string[] } = {
  core: ["@trpc/client", "@trpc/server", "@trpc/server/observable"],
  writes: ["../core/"],
  tabs: ["../core/"],
};

test.each(Object.entries(allowed))("%s imports nothing of React", (folder, prefixes) => {
  const foreign = importsOf(folder).filter(
    (name) => !name.startsWith("./") && !prefixes.some((prefix) => name.startsWith(prefix)),
  );
  expect(foreign).toEqual([]);
});
