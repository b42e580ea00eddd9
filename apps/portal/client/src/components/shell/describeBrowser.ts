const browsers = [
  ["Edge", /\bEdg\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\bFirefox\//],
  ["Chrome", /\b(Headless)?Chrome\//],
  ["Safari", /\bSafari\//],
] as const;

const systems = [
  ["Android", /\bAndroid\b/],
  ["iOS", /\b(iPhone|iPad)\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b/],
  ["Linux", /\bLinux\b/],
] as const;

/** A user agent in words a person knows: `Firefox on Linux`; a program by its own name. */
export function describeBrowser(agent: string | null): { label: string; isBrowser: boolean } {
  if (!agent) return { label: "Unknown program", isBrowser: false };
  const browser = browsers.find(([, test]) => test.test(agent))?.[0];
  if (!browser) return { label: agent.split(/[\s/]/)[0] ?? agent, isBrowser: false };
  const system = systems.find(([, test]) => test.test(agent))?.[0];
  return { label: system ? `${browser} on ${system}` : browser, isBrowser: true };
}
