/** Light, dark, or as the system has it; what was chosen is kept in this browser. */

import { signal } from "@preact/signals";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "flow-balancer.theme";

function stored(): Theme {
  try {
    const kept = window.localStorage.getItem(KEY);
    return THEMES.find((it) => it === kept) ?? "system";
  } catch {
    // Storage can be forbidden; the page works without.
    return "system";
  }
}

export const theme = signal<Theme>(stored());

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const dark =
    theme.value === "dark" ||
    (theme.value === "system" && systemIsDark.matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

export function startTheme(): void {
  apply();
  systemIsDark.addEventListener("change", apply);
}

/** System, light, dark, and round again. */
export function cycleTheme(): void {
  theme.value =
    THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  try {
    window.localStorage.setItem(KEY, theme.value);
  } catch {
    // As above.
  }
  apply();
}
