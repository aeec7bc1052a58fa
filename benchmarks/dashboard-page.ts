/** What a browser says of the dashboard: when rows are there, how smoothly they scroll, how busy its main thread is. */

import type { BrowserContext, Page } from "playwright-core";
import type { InBrowser } from "./in-browser.ts";

const ROW_PX = 28;
const ROW = '[data-testid="task-row"]';

/** Before anything of the page runs. */
function note(row: string): void {
  const page = globalThis as unknown as InBrowser;
  const { document, MutationObserver, PerformanceObserver } = page;
  const noted: InBrowser["noted"] = { longTasks: [] };
  page.noted = noted;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries())
      noted.longTasks.push(duration);
  }).observe({ type: "longtask" });
  const watcher = new MutationObserver(() => {
    if (document.querySelector(row) === null) return;
    watcher.disconnect();
    // The frame in which it is painted ends before the next one begins.
    page.requestAnimationFrame(() =>
      page.requestAnimationFrame((at) => {
        noted.firstRow = at;
      }),
    );
  });
  watcher.observe(document, { childList: true, subtree: true });
}

/** A page of `context` that notes from its beginning. */
export async function notingPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(note, ROW);
  return page;
}

/** From navigation until the first row was painted, ms. */
export async function firstRow(page: Page, url: string): Promise<number> {
  await page.goto(url);
  const at = await page.waitForFunction(
    () => (globalThis as unknown as InBrowser).noted.firstRow,
  );
  return Number(await at.jsonValue());
}

export interface Scrolled {
  /** Between two frames, ms. */
  readonly frames: readonly number[];
  /** What held the main thread for more than 50 ms. */
  readonly longTasks: readonly number[];
}

/** Scrolls the list by `step` px a frame, past `rows` rows, waiting where they are not loaded yet. */
export async function scrollPast(
  page: Page,
  rows: number,
  step: number,
): Promise<Scrolled> {
  return page.evaluate(
    async ([upTo, by]) => {
      const { document, noted, requestAnimationFrame } =
        globalThis as unknown as InBrowser;
      const box = document.querySelector('[data-testid="task-scroll"]');
      if (box === null) throw new Error("there is no list");
      const frame = () => new Promise<number>(requestAnimationFrame);
      box.scrollTop = 0;
      await frame();
      noted.longTasks.length = 0;
      const frames: number[] = [];
      let last = await frame();
      while (box.scrollTop + box.clientHeight < upTo) {
        box.scrollTop += by;
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      return { frames, longTasks: noted.longTasks };
    },
    [rows * ROW_PX, step] as const,
  );
}

export interface Busy {
  /** Of the wall clock, each 0..1. */
  readonly all: number;
  readonly script: number;
  readonly layoutAndStyle: number;
  /** By the browser's own clock, s. */
  readonly seconds: number;
}

/** How busy the page's main thread was while `work` went on. */
export async function busyWhile(
  page: Page,
  work: () => Promise<void>,
): Promise<Busy> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const read = async (): Promise<Map<string, number>> => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return new Map(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  await work();
  const after = await read();
  await cdp.detach();
  const grown = (name: string): number =>
    (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN);
  const seconds = grown("Timestamp");
  return {
    all: grown("TaskDuration") / seconds,
    script: grown("ScriptDuration") / seconds,
    layoutAndStyle:
      (grown("LayoutDuration") + grown("RecalcStyleDuration")) / seconds,
    seconds,
  };
}
