// Reads JSON lines [function, arguments], answers what the generated function gives as JSON lines.
import { createInterface } from "node:readline";

const drafts = await import(process.argv[2]);
const suffix = (length) => "x".repeat(length);
for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  try {
    const options = name.startsWith("create") ? [{ suffix }] : [];
    console.log(JSON.stringify({ made: drafts[name](...args, ...options) }));
  } catch (error) {
    console.log(JSON.stringify({ failed: error.name, message: error.message }));
  }
}
