/** What a page on show does wrong to who reads it: axe-core's violations, and scrolling sideways. */

import axe from "axe-core";
import type { Page } from "playwright-core";
import type { InBrowser } from "../../benchmarks/in-browser.ts";

/** As much of axe as is used inside the page. */
interface Axe {
  run(
    root: object,
    options: object,
  ): Promise<{
    violations: {
      id: string;
      help: string;
      nodes: { target: unknown[]; failureSummary?: string }[];
    }[];
  }>;
}

/** One line each; the page's own Content-Security-Policy stays in force. */
export async function verdictOn(page: Page): Promise<string[]> {
  const isThere = await page.evaluate(() => "axe" in globalThis);
  if (!isThere) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe, document } = globalThis as unknown as InBrowser & {
      axe: Axe;
    };
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"],
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    return [
      ...violations.flatMap(({ id, help, nodes }) =>
        nodes.map(
          ({ target, failureSummary }) =>
            `${id}: ${help}: ${target.join(" ")}: ${failureSummary ?? ""}`,
        ),
      ),
      ...(scrollWidth > clientWidth
        ? [`it is ${scrollWidth - clientWidth} px too wide`]
        : []),
    ];
  });
}
