import { expect, test } from "vitest";
import { counted } from "./counted";

test.each([
  [1, "runs", "1 run"],
  [0, "runs", "0 runs"],
  [1, "branches", "1 branch"],
  [2, "branches", "2 branches"],
  [1, "codebases", "1 codebase"],
  [1, "Git servers", "1 Git server"],
  [1, "networkpolicies", "1 networkpolicy"],
  [1, "ingresses", "1 ingress"],
  [1, "storageclasses", "1 storageclass"],
  [1, "leases", "1 lease"],
])("%i %s is written %s", (count, plural, written) => {
  expect(counted(count, plural)).toBe(written);
});
