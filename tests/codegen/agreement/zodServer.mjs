// Reads JSON lines, answers JSON lines: {define: code} makes schemas, {schema, values} checks texts.
import { createInterface } from "node:readline";
import { z } from "zod";

let schemas = {};
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    if (request.define !== undefined) {
      schemas = new Function("z", request.define)(z);
      console.log(JSON.stringify({ ok: Object.keys(schemas).length }));
    } else {
      const schema = schemas[request.schema];
      const accepted = request.values.map((text) => schema.safeParse(JSON.parse(text)).success);
      console.log(JSON.stringify({ accepted }));
    }
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
