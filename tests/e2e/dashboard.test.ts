import { afterAll, beforeAll, expect } from "bun:test";
import type { InBrowser } from "../../benchmarks/in-browser.ts";
import { sharedBrowser, testWithBrowser } from "../support/browser.ts";
import { DashboardServer } from "../support/dashboard-server.ts";
import { DashboardVisit } from "../support/dashboard-visit.ts";
import {
  openSessions,
  runManyTasks,
  runOddTasks,
  WORK_FILES,
} from "../support/dashboard-work.ts";
import { until } from "../support/until.ts";

const browser = sharedBrowser();
let server: DashboardServer;
let visit: DashboardVisit;
let failed: string;
let slow: string;

beforeAll(async () => {
  server = await DashboardServer.start({ files: WORK_FILES });
});
afterAll(() => server.destroy());

/** Marks the document: a reload would lose it. */
const mark = () =>
  visit.page.evaluate(() => {
    const { document } = globalThis as unknown as InBrowser;
    document.body.dataset["same"] = "yes";
  });
const isSame = () =>
  visit.page.evaluate(() => {
    const { document } = globalThis as unknown as InBrowser;
    return document.body.dataset["same"] === "yes";
  });

const doneInAll = (n: number) => visit.is("running", `${n} completed in all`);

testWithBrowser("500 tasks over MCP move the numbers on the page", async () => {
  visit = await DashboardVisit.open(await browser(), server);
  await visit.signIn();
  await doneInAll(0);
  await mark();
  const sessions = await openSessions(server, ["parser", "docs"]);
  await runManyTasks(server, sessions);
  await doneInAll(500);
  expect(await visit.text("throughput")).not.toMatch(/^Throughput\s+0.0/);
  expect(await visit.text("clocks")).toContain("500 runs");
  expect(await isSame()).toBe(true);
  expect(visit.complaints).toEqual([]);
});

testWithBrowser(
  "a filter is asked of the server and kept in the address",
  async () => {
    await visit.show("tasks");
    await visit.is("total", "500 tasks");
    const filter = visit.page.getByTestId("filter");
    await filter.fill("kind:shell state:completed ");
    await visit.is("total", /^100 tasks$/);
    expect(visit.page.url()).toEndWith("state=completed&kind=shell");
    await visit.page.reload();
    await visit.is("total", /^100 tasks$/);
    expect(await visit.page.getByTestId("chip").count()).toBe(2);
    await filter.fill("nothing-has-this-name");
    await visit.page.getByText("No task fits this filter").waitFor();
    await visit.page.goBack();
    await visit.is("total", "500 tasks");
  },
);

testWithBrowser(
  "a task says why it failed, when it ran and what went in",
  async () => {
    ({ failed, slow } = await runOddTasks(server));
    await visit.page.getByTestId("tab-failed").click();
    await visit.page.locator(`[data-task="${failed}"]`).click();
    await visit.is("task-id", failed);
    await visit.is(
      "why",
      "failed: TASK_THREW, the task threw: the text has no end",
    );
    await visit.is("waterfall", "Try 1");
    expect(
      await visit.page.locator('.attempt-bar [data-clock="run"]').count(),
    ).toBe(1);
    await visit.page.getByTestId("input").locator("summary").click();
    await visit.is("input", '"text": "once upon a time"');
    await visit.goto("/ui/tasks?kind=script&state=completed");
    await visit.page.getByTestId("task-row").first().click();
    await visit.is("output", "squared");
  },
);

testWithBrowser("a task is cancelled, and another tried again", async () => {
  await visit.goto(`/ui/tasks/${slow}`);
  await visit.is("page-count-words", "running");
  await visit.page.getByTestId("cancel").click();
  await visit.is("toasts", "Cancelled: 1 task.");
  await visit.is("page-count-words", "cancelled");
  expect((await server.json(`tasks/${slow}`)).task.state).toBe("cancelled");
  await visit.goto(`/ui/tasks/${failed}`);
  await visit.page.getByTestId("retry").click();
  await visit.is("toasts", "Queued again: 1 task.");
  await visit.is("waterfall", "Try 2");
  // It was failed before, and says so for as long as the second try is not begun.
  const { attempts } = await until("the second try to end", async () => {
    const task = await server.json(`tasks/${failed}`);
    const [, second] = task.attempts;
    return second !== undefined && second.ended_at !== null && task;
  });
  await visit.is("page-count-words", "failed");
  expect(attempts).toMatchObject([{ state: "failed" }, { state: "failed" }]);
  expect(attempts[0].ended_at).toBeLessThan(attempts[1].ended_at);
});

testWithBrowser("a worker is killed and another takes its place", async () => {
  await visit.show("workers");
  const cards = visit.page.getByTestId("worker");
  await cards.first().waitFor();
  const before = await cards.count();
  const id = (await cards.first().getAttribute("data-worker")) ?? "";
  await cards.first().getByTestId("kill").click();
  await visit.page.getByTestId("confirm-action").click();
  await visit.is("toasts", `Worker ${id} was killed`);
  await visit.page
    .locator(`[data-worker="${id}"]`)
    .waitFor({ state: "detached" });
  await cards.nth(before - 1).waitFor();
  const { workers } = await server.json("workers");
  expect(
    workers.filter((it: { state: string }) => it.state !== "dead").length,
  ).toBe(before);
});

testWithBrowser("a tier is paused, and that is taken back", async () => {
  const warm = visit.page.getByTestId("tier-warm");
  const paused = warm.getByText("paused", { exact: true });
  await warm.getByRole("button", { name: "Pause warm" }).click();
  await paused.waitFor();
  await visit.page
    .getByText("The warm tier is paused.")
    .locator("..")
    .getByTestId("undo")
    .click();
  await paused.waitFor({ state: "detached" });
  await visit.show("alerts");
  for (const action of ["tier.", "worker.killed", "task.cancelled"])
    await visit.is("audit", action);
});

testWithBrowser("the keys lead through the pages and the list", async () => {
  const { keyboard } = visit.page;
  await keyboard.press("?");
  await visit.page.getByRole("dialog").waitFor();
  await keyboard.press("Escape");
  await visit.page.getByRole("dialog").waitFor({ state: "detached" });
  await keyboard.press("/");
  await visit.page.waitForURL(/\/ui\/tasks$/);
  await visit.page.locator('[data-testid="filter"]:focus').waitFor();
  await keyboard.type("kind:script ");
  await visit.is("total", /^200 tasks$/);
  await keyboard.press("Escape");
  await keyboard.press("Escape");
  expect(await visit.page.locator('[data-testid="filter"]:focus').count()).toBe(
    0,
  );
  const rows = visit.page.getByTestId("task-row");
  const current = visit.page.locator('[data-current="true"]');
  for (const key of ["j", "j", "j", "k"]) await keyboard.press(key);
  const id = await rows.nth(1).getAttribute("data-task");
  // Drawn a moment after the key.
  await until(
    "the second row to be the one",
    async () => (await current.getAttribute("data-task")) === id,
  );
  await keyboard.press("Enter");
  await visit.is("task-id", id ?? "");
  await keyboard.press("g");
  await keyboard.press("o");
  await visit.is("figures", "Throughput");
  expect(visit.complaints).toEqual([]);
});

testWithBrowser(
  "without a network it says so, and catches up after it",
  async () => {
    await mark();
    const { completed } = (await server.json("overview")).tasks;
    await visit.context.setOffline(true);
    await visit.page.getByTestId("offline").waitFor();
    await server.call("run_task", { kind: "shell", input: { argv: ["true"] } });
    await doneInAll(completed);
    await visit.context.setOffline(false);
    await visit.is("connection", "live");
    await doneInAll(completed + 1);
    expect(await isSame()).toBe(true);
    visit.forgive(/ERR_INTERNET_DISCONNECTED/);
    expect(visit.complaints).toEqual([]);
  },
);

testWithBrowser(
  "a server that dies is missed, and its successor followed",
  async () => {
    const { completed } = (await server.json("overview")).tasks;
    await server.crash();
    await visit.page.getByTestId("offline").waitFor();
    await visit.is("health-line", "Not known now");
    await visit.picture("offline");
    await server.begin();
    await server.call("run_task", { kind: "shell", input: { argv: ["true"] } });
    await visit.is("connection", "live");
    await doneInAll(completed + 1);
    expect(await visit.page.getByTestId("offline").count()).toBe(0);
    expect(await isSame()).toBe(true);
    visit.forgive(
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/,
    );
    expect(visit.complaints).toEqual([]);
  },
);
