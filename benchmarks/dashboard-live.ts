/** How busy the dashboard's page is while tasks go through its server, page by page. */

import type { BrowserContext } from "playwright-core";
import type { DashboardHome } from "./dashboard-home.ts";
import { type Busy, busyWhile, notingPage } from "./dashboard-page.ts";
import { driveOpenLoop } from "./open-loop.ts";
import { type BenchCase, benchCase } from "./report.ts";
import type { RunOptions } from "./suite.ts";

const LIVE_PER_S = 200;
const LIVE_PAGES = ["overview", "tasks", "workers"];

export interface Lived extends Busy {
  readonly page: string;
  readonly perS: number;
}

export async function lived(
  home: DashboardHome,
  context: BrowserContext,
  liveMs: number,
  say: RunOptions["say"],
): Promise<Lived[]> {
  const found: Lived[] = [];
  for (const name of LIVE_PAGES) {
    say(`${LIVE_PER_S} tasks a second, /ui/${name}`);
    const page = await notingPage(context);
    await page.goto(`${home.origin}/ui/${name}`);
    await page.getByTestId("connection").filter({ hasText: "live" }).waitFor();
    await steadily(home, 1_000);
    let perS = 0;
    const before = await page.locator("main").innerText();
    const busy = await busyWhile(page, async () => {
      const startedAt = performance.now();
      const ended = await steadily(home, liveMs);
      perS = (1_000 * ended) / (performance.now() - startedAt);
    });
    if ((await page.locator("main").innerText()) === before)
      throw new Error(`/ui/${name} showed nothing new`);
    found.push({ page: name, perS, ...busy });
    await page.close();
  }
  return found;
}

/** Tasks that come whether or not the server keeps up. Returns how many there were, once all ended. */
async function steadily(home: DashboardHome, ms: number): Promise<number> {
  const arrivals = Array.from(
    { length: (LIVE_PER_S * ms) / 1_000 },
    (_, n) => (1_000 * n) / LIVE_PER_S,
  );
  const running: Promise<void>[] = [];
  await driveOpenLoop(arrivals, (_, serial) => {
    running.push(runOne(home, serial));
  });
  await Promise.all(running);
  return arrivals.length;
}

async function runOne(home: DashboardHome, serial: number): Promise<void> {
  const input = { serial, text: "live" };
  const response = await home.ask("tools/run_task", { kind: "echo", input });
  const { value } = (await response.json()) as { value?: unknown };
  if (!Bun.deepEquals(value, input)) throw new Error("a task came back wrong");
}

export const busyCases = ({
  page,
  all,
  script,
  layoutAndStyle,
}: Lived): BenchCase[] =>
  (
    [
      ["busy", all],
      ["script", script],
      ["layout and style", layoutAndStyle],
    ] as const
  ).map(([what, share]) =>
    benchCase(`main thread ${what}, /ui/${page} live`, "%", [100 * share]),
  );
