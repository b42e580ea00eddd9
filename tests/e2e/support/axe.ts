/** Accessibility rules (WCAG 2.1 A and AA, good practice) over what a page shows. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const all = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

type Violation = { id: string; nodes: { html: string }[] };

/** One line for each rule that the page breaks, or the part of it that `within` selects. */
export async function violations(
  page: Page,
  { rules = all, within = "" }: { rules?: readonly string[]; within?: string } = {},
): Promise<string[]> {
  // The page's policy forbids scripts from elsewhere, so this one is run by the debugger.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe);
  const options = JSON.stringify({ runOnly: rules, resultTypes: ["violations"] });
  // Nobody judges a colour while it fades in: what moves is brought to its end first.
  const found = (await page.evaluate(`(async () => {
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().iterations !== Infinity) animation.finish();
    }
    return (await axe.run(${within ? JSON.stringify(within) : "document"}, ${options})).violations;
  })()`)) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

/** The same in both themes; only colours can differ between them. */
export async function violationsInBothThemes(page: Page, within = ""): Promise<string[]> {
  const light = await violations(page, { within });
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await violations(page, { rules: ["color-contrast"], within });
  await page.emulateMedia({ colorScheme: "light" });
  return [...light, ...dark.map((each) => `dark: ${each}`)];
}
