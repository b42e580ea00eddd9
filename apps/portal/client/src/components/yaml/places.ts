import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument, stringify } from "yaml";

/** The object as one edits it: without the cluster's bookkeeping. */
export function toYaml(object: { readonly [key: string]: unknown }): string {
  return stringify(withoutBookkeeping(object), { lineWidth: 0 });
}

export function withoutBookkeeping(object: { readonly [key: string]: unknown }): {
  [key: string]: unknown;
} {
  const metadata = { ...(object["metadata"] as { [key: string]: unknown } | undefined) };
  delete metadata["managedFields"];
  return { ...object, metadata };
}

export type Parsed =
  | { readonly value: { [key: string]: unknown }; readonly problem: null }
  | { readonly value: null; readonly problem: { readonly line: number; readonly message: string } };

/** One object out of a text, or what is wrong with it and where. */
export function parseYaml(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: "core" });
  const [error] = document.errors;
  if (error) {
    const line = lines.linePos(error.pos[0]).line;
    return { value: null, problem: { line, message: error.message.split("\n")[0] ?? "" } };
  }
  if (!isMap(document.contents)) {
    return { value: null, problem: { line: 1, message: "This is no object." } };
  }
  return { value: document.toJS() as { [key: string]: unknown }, problem: null };
}

/** The line of a field that the cluster names, such as `spec.containers[0].image`, from 1. */
export function lineOf(text: string, field: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const steps = [...field.matchAll(/\[(\d+)\]|\[([^\]]+)\]|([^.[\]]+)/g)].map(
    ([, index, key, name]) => (index === undefined ? (key ?? name ?? "") : Number(index)),
  );
  for (let length = steps.length; length > 0; length -= 1) {
    const offset = offsetOf(document, steps.slice(0, length));
    if (offset !== null) return lines.linePos(offset).line;
  }
  return 1;
}

/** Where a key stands, or an item; null where there is none. */
function offsetOf(document: Document, path: readonly (string | number)[]): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => String(key) === String(last));
    return isNode(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  if (isSeq(parent) && typeof last === "number") {
    const item = parent.items[last];
    return isNode(item) ? (item.range?.[0] ?? null) : null;
  }
  return null;
}
