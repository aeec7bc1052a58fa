/** A real browser: Debian's chromium, driven by playwright-core, with nothing of its own that goes out or changes from run to run. */

import { type Browser, chromium } from "playwright-core";

const PATH = Bun.which("chromium");

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const CHROMIUM_MISSING =
  "chromium is not here: '.ci/system-packages chromium' installs it (Debian, as root)";

export const hasChromium = PATH !== null;

/** Throws where there is none. */
export function openChromium(): Promise<Browser> {
  if (PATH === null) throw new Error(CHROMIUM_MISSING);
  return chromium.launch({ executablePath: PATH, args: ARGS });
}
