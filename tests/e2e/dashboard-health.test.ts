/**
 * A real server whose beat dies, whose reaper cannot, whose disk is full: /readyz and the dashboard say so,
 * with the reason, and that it is over where it can be.
 */

import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedBrowser, testWithBrowser } from "../support/browser.ts";
import {
  DashboardServer,
  type DashboardServerOptions,
} from "../support/dashboard-server.ts";
import { DashboardVisit } from "../support/dashboard-visit.ts";
import { until } from "../support/until.ts";

const browser = sharedBrowser();
let server: DashboardServer | undefined;
afterEach(async () => {
  await server?.destroy();
  server = undefined;
});

/** With a browser on its overview, which says that all is well. */
async function watched(
  options: DashboardServerOptions,
  well: string,
): Promise<[DashboardServer, DashboardVisit]> {
  const it = (server = await DashboardServer.start(options));
  const visit = await DashboardVisit.open(await browser(), it);
  await visit.signIn();
  await visit.is("health-line", well);
  expect((await it.get("/readyz")).status).toBe(200);
  return [it, visit];
}

/** The details of the probes that fail, as /readyz has them once it says 503. */
async function notReady(of: DashboardServer, probe: string): Promise<string> {
  return until(`${probe} in /readyz`, async () => {
    const response = await of.get("/readyz");
    const { probes } = (await response.json()) as {
      probes: { name: string; status: string; detail: string }[];
    };
    const it = probes.find(({ name }) => name === probe);
    return response.status === 503 && it?.status === "failing" && it.detail;
  });
}

const isReady = (of: DashboardServer) =>
  until("ready again", async () => (await of.get("/readyz")).status === 200);

testWithBrowser("the beat dies: neither heartbeat nor reaper", async () => {
  const preload = fileURLToPath(
    new URL("../support/stop-the-beat.ts", import.meta.url),
  );
  const [it, visit] = await watched({ preload }, "All is well");
  it.signal("SIGUSR2");
  for (const probe of ["heartbeat", "reaper"])
    expect(await notReady(it, probe)).toContain("the loop has stopped");
  await visit.is("health", "Failing");
  await visit.is("health-line", /Failing.*heartbeat.*the loop has stopped/s);
  await visit.picture("health-beat-dead");
  expect(visit.complaints).toEqual([]);
});

testWithBrowser("the reaper cannot take back what ran out", async () => {
  const [it, visit] = await watched({}, "All is well");
  using raw = new Database(join(it.home, "flow.db"));
  raw.run("PRAGMA busy_timeout = 5000");
  raw.run(`CREATE TRIGGER planted BEFORE UPDATE ON tasks WHEN OLD.state = 'running'
           BEGIN SELECT RAISE(FAIL, 'planted fault'); END`);
  await it.call("add_tasks", { as: "a", tasks: [{ title: "Left lying" }] });
  await it.call("claim_task", { as: "a", lease_ms: 1_000 });
  expect(await notReady(it, "reaper")).toContain("planted fault");
  await visit.is("health", "Failing");
  await visit.is("health-line", /reaper.*'sweep' failed.*planted fault/s);
  raw.run("DROP TRIGGER planted");
  await isReady(it);
  await visit.is("health", "Healthy");
  await visit.is("health-line", "All is well");
  expect(visit.complaints).toEqual([]);
});

/** A disk of its own for the home, of 96 MiB, which only the server sees; needs Linux's user namespaces. */
const ownDisk = (): readonly string[] => [
  "unshare",
  "-rm",
  "sh",
  "-c",
  'mkdir -p "$FLOW_BALANCER_HOME" && mount -t tmpfs -o size=96m,mode=0700 tmpfs "$FLOW_BALANCER_HOME" && exec "$@"',
  "sh",
];
const hasOwnDisk =
  Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
    .exitCode === 0;

const DISK = "the disk is full";
if (hasOwnDisk)
  testWithBrowser(DISK, async () => {
    // 96 MiB are little: that is said from the start.
    const [it, visit] = await watched({ wrap: ownDisk() }, "Degraded");
    const filler = join(it.home, "filler");
    fill(filler);
    expect(await notReady(it, "disk")).toContain("0 B free");
    await visit.is("health", "Failing");
    await visit.is("health-line", /disk .*free/);
    await visit.picture("health-disk-full");
    rmSync(filler);
    await isReady(it);
    await visit.is("health", "Degraded");
    await it.call("run_task", { kind: "shell", input: { argv: ["true"] } });
    visit.forgive(/503/);
    expect(visit.complaints).toEqual([]);
  });
else {
  console.error(`NOT RUN: "${DISK}": no user namespaces here`);
  test.skip(DISK, () => {});
}

/** To the last byte. */
function fill(path: string): void {
  const chunk = new Uint8Array(65_536);
  for (;;)
    try {
      writeFileSync(path, chunk, { flag: "a" });
    } catch (thrown) {
      if ((thrown as { code?: string }).code === "ENOSPC") return;
      throw thrown;
    }
}
