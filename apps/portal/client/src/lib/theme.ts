import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";

// The same key is read before the first paint by public/theme.js.
const STORAGE_KEY = "portal.theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let theme: Theme = readStored();

function readStored(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

function apply(): void {
  const dark = theme === "dark" || (theme === "system" && systemDark.matches);
  document.documentElement.classList.toggle("dark", dark);
  for (const listener of listeners) listener();
}

systemDark.addEventListener("change", apply);
// Another tab's choice reaches this one.
window.addEventListener("storage", (event) => {
  if (event.key !== STORAGE_KEY) return;
  theme = readStored();
  apply();
});

export function setTheme(next: Theme): void {
  theme = next;
  try {
    if (next === "system") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // Blocked storage: the choice then lasts as long as the page.
  }
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}
