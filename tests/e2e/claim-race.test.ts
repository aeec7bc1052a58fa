import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BoardItem } from "../../flow-balancer/core/board.ts";
import { SHELL_BRIDGE, type TaskId } from "../../flow-balancer/core/ids.ts";
import { item, newBoard } from "../board/board-under-test.ts";
import { kill } from "../support/processes.ts";
import { until } from "../support/until.ts";

const CLAIM = resolve(import.meta.dir, "../../examples/claim.sh");
const PROCESS = resolve(import.meta.dir, "children/board-process.ts");

let home: string;
let rig: ReturnType<typeof newBoard>;
let running: Bun.Subprocess[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "claim-race-"));
  rig = newBoard({ home, path: join(home, "flow.db") });
  running = [];
});
afterEach(async () => {
  for (const { pid } of running) kill(pid);
  await Promise.all(running.map(({ exited }) => exited));
  await rig.close();
  rmSync(home, { recursive: true, force: true });
});

async function bridge(leaseMs: number): Promise<void> {
  const args = [process.execPath, PROCESS, home, "bridge", String(leaseMs)];
  const child = Bun.spawn(args, {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  running.push(child);
  await child.stdout.getReader().read();
}

function agent(): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  const args = [process.execPath, PROCESS, home, "agent", "600000"];
  const child = Bun.spawn(args, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  running.push(child);
  return child;
}

/** examples/claim.sh, doing its tasks by `body`, whose $1 is the file of a task. */
function script(name: string, body: string): Bun.Subprocess {
  const command = join(home, `${name}.sh`);
  writeFileSync(command, `#!/bin/sh\n${body}\n`);
  chmodSync(command, 0o700);
  const child = Bun.spawn(["sh", CLAIM, command], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    env: {
      PATH: process.env.PATH,
      FLOW_BALANCER_HOME: home,
      CLAIM_NAME: name,
      CLAIM_BEAT: "0.2",
      CLAIM_LOOK: "0.1",
    },
  });
  running.push(child);
  return child;
}

const LOG = () => join(home, "log");
/** Lines this short are written whole. */
const NOTE = `d=\${1%/job} && echo "\${d##*/}" >>"${"$FLOW_BALANCER_HOME"}/log" && echo '"ok"'`;
const noted = (): string[] =>
  existsSync(LOG()) ? readFileSync(LOG(), "utf8").trim().split("\n") : [];
const add = async (n: number): Promise<TaskId[]> =>
  (await rig.add(...Array.from({ length: n }, (_, at) => item(`t${at}`)))).map(
    ({ id }) => id,
  );
const itemOf = async (id: TaskId): Promise<BoardItem> =>
  (await rig.board.get(id))!;

/** All that hold tasks, or did last. */
const workers = async (ids: readonly TaskId[]): Promise<Set<unknown>> => {
  const found = await Promise.all(ids.map(itemOf));
  return new Set(
    found.flatMap(({ workedBy }) =>
      workedBy === null || workedBy === SHELL_BRIDGE ? [] : [workedBy],
    ),
  );
};

test("6 scripts and 2 agents race for 300 tasks, offered by 2 servers: 300 claims, none twice", async () => {
  const ids = await add(300);
  const agents = [agent(), agent()];
  await Promise.all([bridge(60_000), bridge(60_000)]);
  // Each holds its first task until all have one: however late one starts, it is a race of eight.
  const first = `while [ ! -e "$FLOW_BALANCER_HOME/go" ]; do sleep 0.05; done`;
  for (let n = 0; n < 6; n++) script(`s${n}`, `${first}\n${NOTE}`);
  await until(
    "all eight hold one",
    async () => (await workers(ids)).size === 8,
    30_000,
  );
  expect((await rig.queue.counts()).completed).toBe(0);
  writeFileSync(join(home, "go"), "");
  await until(
    "all tasks are completed",
    async () => (await rig.queue.counts()).completed === 300,
    60_000,
  );
  const byAgents = (
    await Promise.all(agents.map(({ stdout }) => new Response(stdout).text()))
  ).flatMap((text) => text.split("\n").filter(Boolean));
  const byScripts = noted().map((key) => key.split(".")[0]);
  const claims = [...byAgents, ...byScripts];
  expect(claims.length).toBe(300);
  expect(claims.toSorted()).toEqual(ids.toSorted());
  // A race in which one side had nothing would show little.
  expect(byAgents.length).toBeGreaterThanOrEqual(2);
  expect((await workers(ids)).size).toBe(8);
  await until("the folders are cleared", () =>
    ["offer", "claim"].every(
      (it) => readdirSync(join(home, "claims", it)).length === 0,
    ),
  );
  for (const folder of ["fenced", "aside"])
    expect(readdirSync(join(home, "claims", folder))).toEqual([]);
}, 90_000);

test("what a killed script had comes back; what a living one has never does", async () => {
  const LEASE_MS = 1_500;
  const [first, second] = await add(2);
  await bridge(LEASE_MS);
  mkdirSync(join(home, "pids"));
  // Works for as long as `go` is not there.
  const work = `echo $$ >"$FLOW_BALANCER_HOME/pids/$CLAIM_NAME"
while [ ! -e "$FLOW_BALANCER_HOME/go" ]; do sleep 0.1; done
${NOTE}`;
  const pid = (name: string) => join(home, "pids", name);
  const doomed = script("doomed", work);
  await until("one works", () => existsSync(pid("doomed")));
  script("living", work);
  await until("the other works", () => existsSync(pid("living")));
  await until(
    "the bridge knows",
    async () =>
      (await itemOf(second!)).workedBy === ("script:living" as string),
  );
  kill(doomed.pid);
  await doomed.exited;
  kill(Number(readFileSync(pid("doomed"), "utf8")));
  await until("its task is nobody's", async () => {
    await rig.queue.sweep();
    return (await itemOf(first!)).workedBy !== ("script:doomed" as string);
  });
  // By now the living one has worked for longer than a lease; it goes on for two more.
  await Bun.sleep(2 * LEASE_MS);
  await rig.queue.sweep();
  expect(await itemOf(second!)).toMatchObject({ state: "running", attempt: 1 });
  writeFileSync(join(home, "go"), "");
  await until(
    "both are done",
    async () => (await rig.queue.counts()).completed === 2,
  );
  expect(await itemOf(first!)).toMatchObject({
    attempt: 2,
    workedBy: "script:living" as never,
  });
  expect(await itemOf(second!)).toMatchObject({ attempt: 1 });
  expect(noted().length).toBe(2);
}, 60_000);
