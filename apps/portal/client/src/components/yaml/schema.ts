/** What a JSON Schema says at a place of a YAML text, for completion in an editor. */

export type Schema = { readonly [key: string]: unknown };

export type Suggestion = {
  readonly label: string;
  readonly detail: string;
  readonly info: string;
  /** A key of a mapping, or one of the values that are allowed. */
  readonly kind: "key" | "value";
};

const ITEM = "[]";

/**
 * The keys that a place in a text lies under, by its indentation alone: what is being typed need not
 * be whole YAML. A list's items are `[]`.
 */
export function pathAt(lines: readonly string[], lineIndex: number): string[] {
  const path: string[] = [];
  let limit = indentOf(lines[lineIndex] ?? "");
  const own = lines[lineIndex] ?? "";
  if (own.trimStart().startsWith("- ")) path.unshift(ITEM);
  for (let index = lineIndex - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? "";
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    if (text === "---") break;
    const isItem = text.startsWith("- ");
    const key = /^(?:- )?([\w./-]+):/.exec(text)?.[1];
    const indent = indentOf(line);
    const keyIndent = isItem ? indent + 2 : indent;
    if (key && keyIndent < limit) {
      path.unshift(key);
      limit = keyIndent;
    }
    if (isItem && indent < limit) {
      path.unshift(ITEM);
      limit = indent;
      // A list may stand at the indentation of its key.
      limit += 1;
    }
  }
  return path;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The schema of a place; null where it says nothing. */
export function schemaAt(root: Schema, path: readonly string[]): Schema | null {
  let schema = resolve(root, root);
  for (const step of path) {
    if (!schema) return null;
    const properties = asSchema(schema["properties"]);
    const next =
      step === ITEM
        ? schema["items"]
        : (properties?.[step] ?? asSchema(schema["additionalProperties"]));
    schema = resolve(root, asSchema(next));
  }
  return schema;
}

/** What can be typed at a place. */
export function suggest(
  root: Schema,
  lines: readonly string[],
  lineIndex: number,
): readonly Suggestion[] {
  const line = lines[lineIndex] ?? "";
  const key = /^\s*(?:- )?([\w./-]+):\s/.exec(line)?.[1];
  const path = pathAt(lines, lineIndex);
  if (key) return values(schemaAt(root, [...path, key]));
  const schema = schemaAt(root, path);
  const properties = asSchema(schema?.["properties"]) ?? {};
  const required = new Set(Array.isArray(schema?.["required"]) ? schema["required"] : []);
  return Object.entries(properties).map(([label, property]) => {
    const resolved = resolve(root, asSchema(property));
    const type = typeof resolved?.["type"] === "string" ? resolved["type"] : "";
    return {
      label,
      detail: required.has(label) ? `${type}, required` : type,
      info: text(asSchema(property)?.["description"]) || text(resolved?.["description"]),
      kind: "key",
    };
  });
}

function values(schema: Schema | null): readonly Suggestion[] {
  const allowed = Array.isArray(schema?.["enum"])
    ? (schema["enum"] as unknown[])
    : schema?.["type"] === "boolean"
      ? [true, false]
      : [];
  return allowed.map((value) => ({
    label: String(value),
    detail: "",
    info: "",
    kind: "value",
  }));
}

function resolve(root: Schema, schema: Schema | null): Schema | null {
  let found = schema;
  for (let depth = 0; found && depth < 8; depth += 1) {
    const reference = found["$ref"];
    const parts = found["allOf"];
    if (typeof reference === "string") {
      const name = reference.slice(reference.lastIndexOf("/") + 1);
      found = asSchema(asSchema(root["$defs"])?.[name]);
    } else if (Array.isArray(parts) && parts.length === 1) {
      found = asSchema(parts[0]);
    } else return found;
  }
  return found;
}

function asSchema(value: unknown): Schema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Schema)
    : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
