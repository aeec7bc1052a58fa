import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  codeOf,
  messageOf,
  moduleKind,
  pools,
} from "../support/pool-under-test.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

const soft = { timeoutMs: 500, maxTimeoutMs: 20_000 };
const SPIN = "const end = Date.now() + 900; while (Date.now() < end)";
const IN_STEPS = "for (let n = 0; n < 18; n++)";
/** Each takes longer than the first limit. */
const ALIVE = {
  prints: `export default async () => { ${IN_STEPS} { console.log(n); await Bun.sleep(50); } }`,
  "says that it lives": `export default async (_, ctx) => { ${IN_STEPS} { ctx.heartbeat(); await Bun.sleep(50); } }`,
  "prints, and never lets a timer run": `export default () => { ${SPIN} { console.log("on"); Bun.sleepSync(20); } }`,
  "says that it lives, and never lets a timer run": `export default (_, ctx) => { ${SPIN} { ctx.heartbeat(); Bun.sleepSync(20); } }`,
};
const PRINTING = "for n in 1 2 3 4 5 6 7 8 9; do echo $n; sleep 0.1; done";
/** Its task hangs; what it prints is no task's. */
const TICKING = `
  setInterval(() => console.log("tick"), 20);
  export default {
    kind: "ticks",
    input: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
    run: () => new Promise(() => {}),
  };`;

test("real tasks that give signs of life live on beyond their first limit", async () => {
  const it = newPool();
  const runs = Object.entries(ALIVE).map(
    ([what, code]) => [what, it.script(code, soft)] as const,
  );
  const command = it.shell(["sh", "-c", PRINTING], soft);
  for (const [what, run] of [...runs, ["is a command", command] as const]) {
    const outcome = await run.done;
    expect([what, codeOf(outcome), messageOf(outcome)]).toEqual([
      what,
      "completed",
      "",
    ]);
    expect(outcome.execution!.runMs).toBeGreaterThan(soft.timeoutMs);
    expect(outcome.execution!.beats).toBe(true);
  }
});

test("real tasks that hang die at their first limit, whatever runs beside them", async () => {
  const it = newPool();
  const path = `${it.folder}/ticks.ts`;
  await Bun.write(path, TICKING);
  const runs = [
    it.script("export default () => new Promise(() => {})", soft),
    it.script("export default () => { for (;;); }", soft),
    it.task("{}", moduleKind("ticks", path), soft),
  ];
  for (const run of runs) {
    const outcome = await run.done;
    expect(codeOf(outcome)).toBe("TASK_TIMEOUT");
    expect(messageOf(outcome)).toContain(
      "longer than its limit of 500 ms and gave no sign of life",
    );
    expect(outcome.execution!.beats).toBe(false);
  }
});
