/** Every page, light and dark, on a screen and a phone: nothing that axe-core finds, nothing sideways, a picture of each. */

import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { PAGES } from "../../monitoring/dashboard/route.ts";
import { sharedBrowser, testWithBrowser } from "../support/browser.ts";
import { DashboardServer } from "../support/dashboard-server.ts";
import { DashboardVisit } from "../support/dashboard-visit.ts";
import {
  fillBoard,
  openSessions,
  runManyTasks,
  runOddTasks,
  WORK_FILES,
} from "../support/dashboard-work.ts";
import { verdictOn } from "../support/page-verdict.ts";

setDefaultTimeout(30_000);

const browser = sharedBrowser();
let server: DashboardServer;
let addresses: Record<string, string>;

beforeAll(async () => {
  server = await DashboardServer.start({ files: WORK_FILES });
  const sessions = await openSessions(server, ["parser", "docs"]);
  await runManyTasks(server, sessions);
  const { failed, slow } = await runOddTasks(server);
  await fillBoard(server);
  await server.post("tiers", { tier: "cold", limit: 6 });
  addresses = {
    ...Object.fromEntries(PAGES.map((page) => [page, page])),
    "task-failed": `tasks/${failed}`,
    "task-running": `tasks/${slow}`,
    "no-such-page": "nowhere",
  };
});
afterAll(() => server.destroy());

/** Of those that have several. */
const TABS: Readonly<Record<string, readonly string[]>> = {
  learning: ["tab-changes", "tab-predictions"],
};

for (const width of [1440, 390] as const)
  testWithBrowser(`every page, ${width} px wide, light and dark`, async () => {
    await using visit = await DashboardVisit.open(await browser(), server, {
      width,
    });
    await visit.signInByToken();
    const found: string[] = [];
    const look = async (name: string) => {
      for (const scheme of ["light", "dark"] as const) {
        await visit.page.emulateMedia({ colorScheme: scheme });
        await visit.isLoaded();
        const verdict = await verdictOn(visit.page);
        found.push(...verdict.map((line) => `${name}, ${scheme}: ${line}`));
        await visit.picture(`${name}-${scheme}-${width}`);
      }
    };
    for (const [name, address] of Object.entries(addresses)) {
      await visit.turnTo(`/ui/${address}`);
      await look(name);
      for (const tab of TABS[name] ?? []) {
        await visit.page.getByTestId(tab).click();
        await look(`${name}-${tab}`);
      }
    }
    await visit.page.keyboard.press("?");
    await look("help");
    expect(found).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
