/** What an agent may have put into any text that is stored: every page shows it, and none runs it. */

import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import type { InBrowser } from "../../benchmarks/in-browser.ts";
import { PAGES } from "../../monitoring/dashboard/route.ts";
import { HOSTILE_TEXTS } from "../monitoring/http/hostile-texts.ts";
import { sharedBrowser, testWithBrowser } from "../support/browser.ts";
import { DashboardServer } from "../support/dashboard-server.ts";
import { DashboardVisit } from "../support/dashboard-visit.ts";
import { WORK_FILES } from "../support/dashboard-work.ts";

setDefaultTimeout(30_000);

const SHOWN = "<script>alert(1)</script>";
const SCRIPT = `export default (texts, { log, progress }) => {
  for (const text of texts) { log(text); console.log(text); }
  progress(1, 2, texts.join(" "));
  if (texts.length > 1) throw new Error(texts.join("\\n"));
  return texts;
}`;

const browser = sharedBrowser();
let server: DashboardServer;
const tasks: string[] = [];

beforeAll(async () => {
  server = await DashboardServer.start({
    files: {
      ...WORK_FILES,
      "flow-balancer.toml": `${WORK_FILES["flow-balancer.toml"]}
[kinds.hostile]
module = "./count-words.ts"
description = ${JSON.stringify(SHOWN)}
`,
    },
  });
  const submit = async (kind: string, input: object, more: object = {}) => {
    const { task_id } = await server.call("submit_task", {
      kind,
      input,
      ...more,
    });
    tasks.push(task_id as string);
  };
  const words = HOSTILE_TEXTS;
  // Titles and names with control characters are refused.
  const lines = words.map((text) =>
    text.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, " "),
  );
  for (const texts of [words, words.slice(0, 1)])
    await submit("script", { code: SCRIPT, args: texts });
  await submit("shell", { argv: ["echo", ...words] });
  await submit("shell", {
    argv: ["sh", "-c", `echo "$0" >&2; exit 3`, words.join("\n")],
  });
  const item = (title: string) => ({ title, details: title });
  await server.call("add_tasks", { as: SHOWN, tasks: lines.map(item) });
  for (const as of [SHOWN, lines[7] ?? ""]) {
    const { task } = await server.call("claim_task", { as });
    tasks.push(task.task_id as string);
    const { task_id } = task;
    await server.call("update_task", { task_id, as, note: SHOWN, done: 1 });
    if (as !== SHOWN)
      await server.call("complete_task", {
        task_id,
        as,
        outcome: "failed",
        summary: lines.join(" ").slice(0, 400),
      });
  }
  for (const name of lines) await server.call("open_session", { name });
  const session = lines[9] ?? "";
  await submit("shell", { argv: ["true"] }, { session }).catch(() => {});
});
afterAll(() => server.destroy());

/** Elements that none of our pages has, or has more of than it should. */
const made = () => {
  const { document } = globalThis as unknown as InBrowser;
  return [
    ...[
      ...document.querySelectorAll(
        "img, iframe, object, embed, video, audio, base, math, style, template, marquee, form[action], [onerror], [onload], [onfocus], [ontoggle], script:not([src])",
      ),
    ].map((it) => it.outerHTML),
    ...[...document.querySelectorAll("a")]
      .filter((it) => it.protocol !== "http:")
      .map((it) => it.outerHTML),
    ...[...document.scripts]
      .filter((it) => !it.src.endsWith("/assets/app.js"))
      .map((it) => it.outerHTML),
  ];
};

testWithBrowser(
  "what is stored is shown as text and nothing else",
  async () => {
    await using visit = await DashboardVisit.open(await browser(), server);
    await visit.signIn();
    const found: string[] = [];
    const shownOn: string[] = [];
    const look = async (name: string) => {
      await visit.isLoaded();
      const elements = await visit.page.evaluate(made);
      found.push(...elements.map((it) => `${name}: ${it}`));
      const text = await visit.page.locator("body").innerText();
      if (text.includes(SHOWN)) shownOn.push(name);
      await visit.picture(`hostile-${name}`);
    };
    for (const page of PAGES) {
      await visit.goto(`/ui/${page}`);
      await look(page);
    }
    for (const [index, id] of tasks.entries()) {
      await visit.turnTo(`/ui/tasks/${id}`);
      await visit.is("task-id", id);
      for (const block of ["input", "value", "output"]) {
        const closed = visit.page.locator(
          `details[data-testid="${block}"]:not([open]) summary`,
        );
        if ((await closed.count()) > 0) await closed.click();
      }
      await look(`task-${index}`);
    }
    for (const text of HOSTILE_TEXTS.slice(0, 12)) {
      const query = new URLSearchParams({ text, kind: text, session: text });
      await visit.turnTo(`/ui/tasks?${query}`);
      await visit.isLoaded();
      found.push(...(await visit.page.evaluate(made)));
    }
    await visit.turnTo(`/ui/${encodeURIComponent(SHOWN)}`);
    await look("nowhere");
    expect(found).toEqual([]);
    // Else nothing was shown to be inert.
    expect(shownOn).toContain("tasks");
    expect(shownOn).toContain("board");
    expect(shownOn).toContain("sessions");
    expect(shownOn.filter((name) => name.startsWith("task-")).length).toBe(6);
    expect(visit.complaints).toEqual([]);
  },
);
