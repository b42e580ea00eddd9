import { z } from "zod";

// Pydantic's own grammars: Zod's `iso` formats refuse forms that Pydantic takes (a space for `T`, `+0100`).
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?`;
const OFFSET = String.raw`(?:[Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)`;
const DATE = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;

const dayExists = (text) => {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  if (found === null) return true;
  const [year, month, day] = found.slice(1).map(Number);
  if (year === 0) return false;
  const last = month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= last;
};
const grammar = (source) => z.string().regex(new RegExp(`^(?:${source})$`)).refine(dayExists, { message: "Invalid date" });
const datetime = /* @__PURE__ */ grammar(`${DATE}(?:[Tt _]${TIME}${OFFSET}?)?`);
const datetimeAware = /* @__PURE__ */ grammar(`${DATE}[Tt _]${TIME}${OFFSET}`);
const datetimeNaive = /* @__PURE__ */ grammar(`${DATE}(?:[Tt _]${TIME})?`);
const date = /* @__PURE__ */ grammar(DATE);
const time = /* @__PURE__ */ grammar(`${TIME}${OFFSET}?`);
const duration = /* @__PURE__ */ z
  .string()
  .min(1)
  .regex(
    /^[+-]?(?=.)(?:P(?=\d|T\d)(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?W)?(?:\d+(?:\.\d+)?D)?(?:T(?=\d)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?|(?:\d+ ?[dD](?:[aA][yY][sS]?)?,? ?)?(?:\d+:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?)$/,
  );

const uuid = /* @__PURE__ */ z
  .string()
  .regex(
    /^(?:[0-9a-f]{32}|(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})$/i,
  );
const uuidOf = (version) =>
  uuid.refine((text) => {
    const digits = text.replace(/^urn:uuid:/i, "").replace(/[{}-]/g, "");
    return digits[12] === version && /[89ab]/i.test(digits[16]);
  });

// As Pydantic: exact for integers, within 1e-9 for others.
const isMultiple = (value, factor) =>
  Number.isInteger(factor) && Number.isInteger(value)
    ? value % factor === 0
    : Math.abs(value - Math.round(value / factor) * factor) <= 1e-9;

// Decimals are compared digit by digit: a JavaScript number would round them.
const DECIMAL = /^\s*([+-]?)(\d[\d_]*)?(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;
const parseDecimal = (value) => {
  // Refinements also run on values that an earlier check has refused.
  const [, sign, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(String(value)) ?? [];
  const digits = `${whole.replaceAll("_", "")}${fraction}`.replace(/^0+(?=\d)/, "");
  return { sign, digits, exponent: Number(exponent) - fraction.length };
};
const decimalText = /* @__PURE__ */ z.string().regex(/^\s*[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\s*$/);
const decimal = /* @__PURE__ */ z.union([z.number(), decimalText]);
const compareDecimals = (value, bound) => {
  const [left, right] = [parseDecimal(value), parseDecimal(bound)];
  const shift = Math.min(left.exponent, right.exponent);
  const scale = (d) => BigInt(`${d.digits}${"0".repeat(d.exponent - shift)}`) * (d.sign === "-" ? -1n : 1n);
  const difference = scale(left) - scale(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
const countDigits = ({ digits, exponent }) => {
  const length = digits === "" ? 1 : digits.length;
  if (exponent >= 0) return { places: 0, total: length + exponent };
  return { places: -exponent, total: Math.max(length, -exponent) };
};
const normalize = (value) => {
  const digits = value.digits.replace(/0+$/, "");
  if (digits === "") return { digits: "0", exponent: 0 };
  return { digits, exponent: value.exponent + value.digits.length - digits.length };
};
const decimalFits = (value, maxDigits, maxPlaces) => {
  const parsed = parseDecimal(value);
  const [written, normal] = [countDigits(parsed), countDigits(normalize(parsed))];
  const exceeds = (count, limit) => count(written) > limit && count(normal) > limit;
  if (exceeds((c) => c.total, maxDigits) || exceeds((c) => c.places, maxPlaces)) return false;
  const whole = maxPlaces === Infinity ? Infinity : maxDigits - maxPlaces;
  return !exceeds((c) => Math.max(c.total - c.places, 0), whole);
};

const integerKey = /* @__PURE__ */ z.string().regex(/^[+-]?\d+$/);
const numberKey = /* @__PURE__ */ z.string().regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/);
const booleanKey = /* @__PURE__ */ z.string().regex(/^(?:0|off|f|false|n|no|1|on|t|true|y|yes)$/i);
const distinct = (items) => new Set(items.map((item) => JSON.stringify(item))).size;
const jsonText = (content) =>
  z.string().refine((text) => {
    try {
      return content().safeParse(JSON.parse(text)).success;
    } catch {
      return false;
    }
  });
