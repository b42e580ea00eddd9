// The same steps as `fairlead.drafts.building` in Python: a change here is a change there.
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

const randomSuffix = (length) => {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
};

/** The inputs fit their types, but no object can be made from them; the message says why. */
export class DraftError extends Error {
  constructor(message) {
    super(message);
    this.name = "DraftError";
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const nameOf = (joined, { random, max }) => {
  const room = max - (random ? random + 1 : 0);
  const plain = joined.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const name = plain
    .replace(/[^A-Za-z0-9]+/g, "-")
    .toLowerCase()
    .replace(/^-+|-+$/g, "")
    .slice(0, room)
    .replace(/-+$/, "");
  if (!name) throw new DraftError(`${JSON.stringify(joined)} has no letter or digit to make a name of`);
  return name;
};

const labelOf = (joined, { max }) =>
  joined
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, max)
    .replace(/^[._-]+|[._-]+$/g, "") || null;

const textOf = (from, inputs, suffix) => {
  const values = from.text.map((part) => (isObject(part) ? inputs[part.input] : part));
  if (values.some((value) => value === null)) return null;
  const joined = values.join("");
  if (from.form === "plain") return joined;
  if (from.form === "label") return labelOf(joined, from);
  return nameOf(joined, from) + (from.random ? `-${suffix(from.random)}` : "");
};

const ownerOf = (from, owner) => {
  if (owner === null) return null;
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata?.name, uid: metadata?.uid };
  const missing = Object.keys(reference).find((key) => !reference[key]);
  if (missing) throw new DraftError(`the owner has no ${missing}: it must have been created first`);
  if (from.controller) reference.controller = true;
  if (from.blockOwnerDeletion) reference.blockOwnerDeletion = true;
  return [reference];
};

const isMet = ({ when = {} }, inputs) =>
  Object.entries(when).every(([name, values]) => values.includes(inputs[name]));

const evaluate = ({ from, omit = null }, inputs, suffix) => {
  let value;
  if ("input" in from) value = inputs[from.input];
  else if ("constant" in from) value = from.constant;
  else if ("text" in from) value = textOf(from, inputs, suffix);
  else value = ownerOf(from, inputs[from.owner]);
  return value === omit ? null : value;
};

// An API server takes an absent field for its default, and `null` for a mistake.
const dropNulls = (value) => {
  if (Array.isArray(value)) return value.map((item) => dropNulls(item ?? null));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([key, inner]) => [key, dropNulls(inner)]));
};

const put = (target, path, value) => {
  let place = target;
  for (const name of path.slice(0, -1)) {
    if (!isObject(place[name])) {
      if (value === null) return;
      place[name] = {};
    }
    place = place[name];
  }
  const last = path[path.length - 1];
  if (value === null) delete place[last];
  else place[last] = value;
};

const build = (rules, inputs, base, suffix) => {
  const outcome = new Map();
  for (const rule of rules) {
    const used = [...rule.reads, ...Object.keys(rule.when ?? {})];
    if (!used.every((name) => Object.hasOwn(inputs, name))) continue;
    const key = JSON.stringify(rule.to);
    if (isMet(rule, inputs)) outcome.set(key, [rule.to, evaluate(rule, inputs, suffix)]);
    else if (rule.otherwise !== undefined) outcome.set(key, [rule.to, rule.otherwise]);
    // Another rule may have a value for the place.
    else if (!outcome.has(key)) outcome.set(key, [rule.to, null]);
  }
  const result = structuredClone(base);
  for (const [path, value] of outcome.values()) put(result, path, dropNulls(value));
  return result;
};

const given = (schema, inputs) =>
  Object.fromEntries(
    Object.entries(schema.parse(inputs)).filter(([, value]) => value !== undefined),
  );

const creator =
  ({ inputs: schema, draft, defaults, base, rules }) =>
  (inputs, { suffix = randomSuffix } = {}) => {
    const result = build(rules, { ...defaults, ...given(schema, inputs) }, base, suffix);
    draft.parse(result);
    return result;
  };

const editor =
  ({ inputs: schema, draft, rules }) =>
  (object, inputs) => {
    const result = build(rules, given(schema, inputs), object, randomSuffix);
    draft.parse(result);
    return result;
  };
