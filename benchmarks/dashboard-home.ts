/** A home with so many tasks as months of use leave them, and a server on it that a browser is signed in to. */

import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { type HttpServer, startHttpServer } from "./http-server.ts";
import { seedTasks } from "./store-seed.ts";
import { TemporaryProject } from "./temporary-project.ts";

export const KINDS = ["echo", "shell", "script", "lint", "build", "test"];
export const SESSIONS = 50;
const WEEK_MS = 604_800_000;

export class DashboardHome implements AsyncDisposable {
  readonly #project: TemporaryProject;
  readonly #server: HttpServer;
  readonly #token: string;

  private constructor(project: TemporaryProject, server: HttpServer) {
    const home = project.env["FLOW_BALANCER_HOME"] ?? "";
    this.#project = project;
    this.#server = server;
    this.#token = readFileSync(join(home, "http-token"), "utf8").trim();
  }

  static async open(tasks: number): Promise<DashboardHome> {
    const project = new TemporaryProject({
      env: {
        FLOW_BALANCER_HTTP_MCP_TOKEN: "required",
        FLOW_BALANCER_RETENTION_KEEP_TASKS: String(10 * tasks),
      },
    });
    const home = project.env["FLOW_BALANCER_HOME"] ?? "";
    mkdirSync(home, { mode: 0o700 });
    const path = join(home, "flow.db");
    await seedTasks(path, tasks);
    vary(path, tasks);
    const server = await startHttpServer(project.folder, project.env);
    return new DashboardHome(project, server);
  }

  get origin(): string {
    return this.#server.url.origin;
  }

  /** With the token. */
  ask(path: string, body?: object): Promise<Response> {
    return fetch(`${this.origin}/api/v1/${path}`, {
      headers: {
        Authorization: `Bearer ${this.#token}`,
        "Content-Type": "application/json",
      },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
  }

  /** A window of 1440 x 900, signed in. */
  async enter(browser: Browser): Promise<BrowserContext> {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
    });
    const page = await context.newPage();
    await page.goto(`${this.origin}/login`);
    await page.getByLabel("Token").fill(this.#token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${this.origin}/`);
    await page.close();
    return context;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    this.#project[Symbol.dispose]();
  }
}

/** As seeded all are of one kind and one moment, and half of them wait: now 92 % are completed, 8 % ended otherwise, of 6 kinds and 50 sessions, over a week. */
function vary(path: string, tasks: number): void {
  using raw = new Database(path);
  raw.transaction(() => {
    raw.run(
      `UPDATE tasks SET
         kind = json_extract(?1, '$[' || (seq % ${KINDS.length}) || ']'),
         session = 'session_' || (seq % ${SESSIONS}),
         state = CASE WHEN seq % 25 = 0 THEN 'failed' WHEN seq % 50 = 1 THEN 'timed_out' WHEN seq % 50 = 2 THEN 'cancelled' ELSE 'completed' END,
         attempt = 1, fence = 1, tier = 'warm', worker = 'w' || (1 + seq % 8),
         value = CASE WHEN seq % 25 = 0 OR seq % 50 IN (1, 2) THEN NULL ELSE input END,
         error = CASE WHEN seq % 25 = 0 OR seq % 50 IN (1, 2) THEN json_object('code', 'TASK_THREW', 'message', 'as seeded') END,
         wait_ms = seq % 100 / 10.0, start_ms = 0, run_ms = seq % 1000 / 10.0,
         submitted_at = submitted_at - ?2 * (${tasks} - seq) / ${tasks},
         started_at = submitted_at - ?2 * (${tasks} - seq) / ${tasks},
         settled_at = submitted_at - ?2 * (${tasks} - seq) / ${tasks} + 100`,
      [JSON.stringify(KINDS), WEEK_MS],
    );
    raw.run("DELETE FROM tallies");
    raw.run(
      "INSERT INTO tallies (state, n) SELECT state, count(*) FROM tasks GROUP BY state",
    );
  })();
  raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
}
