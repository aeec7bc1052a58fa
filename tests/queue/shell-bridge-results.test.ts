import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { BridgeRig, type Script } from "./bridge-rig.ts";

let scripts: BridgeRig;
beforeEach(() => {
  scripts = new BridgeRig();
});
afterEach(async () => {
  await scripts.rig.close();
  expect(scripts.errors).toEqual([]);
});

async function claimed(
  more: Parameters<BridgeRig["add"]>[1] = {},
): Promise<Script> {
  await scripts.add(1, more);
  await scripts.wanted();
  const script = scripts.takeAny();
  await scripts.bridge.sync();
  return script!;
}
const itemOf = (script: Script) => scripts.rig.board.get(script.job.id);

describe("a result", () => {
  test.each([
    ["result.json", '"as it is"', "completed", "as it is"],
    ["result.json", '{"summary":"short","n":1}', "completed", "short"],
    ["result.json", "[1, 2]\n", "completed", "[1, 2]"],
    ["result.json", '""', "completed", null],
    ["error.json", '{"message":"no disk"}', "failed", "no disk"],
    ["error.json", '"no disk"', "failed", "no disk"],
  ])("in %s of %s ends the task %s: %p", async (name, text, state, summary) => {
    const script = await claimed();
    script.write(name, text);
    await scripts.bridge.sync();
    expect(await itemOf(script)).toMatchObject({ state, summary } as object);
    expect(existsSync(script.folder)).toBe(false);
    expect(scripts.bridge.counts).toEqual({ fenced: 0, aside: 0 });
  });

  test("is believed for what the board demands, and for nothing the script says", async () => {
    const argv = (name: string) =>
      ({ type: "command", argv: [name], cwd: null }) as const;
    const good = await claimed({ required: [argv("true")] });
    good.done({ summary: "ok", evidence: [argv("false")] });
    await scripts.bridge.sync();
    expect((await itemOf(good))?.proven).toMatchObject([
      { evidence: argv("true"), holds: true },
    ]);
    const bad = await claimed({ required: [argv("false")] });
    bad.done();
    await scripts.bridge.sync();
    expect(await itemOf(bad)).toMatchObject({
      state: "failed",
      summary: expect.stringContaining("is not proven"),
    } as never);
  });

  test("found but not recorded by a bridge that died is recorded by the next", async () => {
    const script = await claimed();
    script.done("once");
    const dying = scripts.newBridge({
      board: {
        ...scripts.rig.board,
        offer: () => Promise.resolve([]),
        taken: () => Promise.resolve(true),
        complete: () => Promise.reject(new Error("died")),
      },
    });
    await dying.sync();
    expect(scripts.errors.splice(0)).toEqual([new Error("died")]);
    expect((await itemOf(script))?.state).toBe("running");
    await scripts.newBridge().sync();
    expect(await itemOf(script)).toMatchObject({ summary: "once" });
  });

  test("recorded by a bridge that died before it cleared up is not taken for a late one", async () => {
    const script = await claimed();
    script.done("once");
    const copy = join(scripts.rig.home, "copy");
    cpSync(script.folder, copy, { recursive: true });
    await scripts.bridge.sync();
    renameSync(copy, script.folder);
    await scripts.newBridge().sync();
    expect(existsSync(script.folder)).toBe(false);
    expect(scripts.list("fenced")).toEqual([]);
  });
});

describe("cancelling", () => {
  const WHY = wireError("CANCELLED", "not wanted");

  test("an offer ends the task before any script has it", async () => {
    const [id] = await scripts.add(1);
    await scripts.wanted();
    expect(await scripts.rig.queue.cancel(id!, WHY)).toBe("asked");
    await scripts.bridge.sync();
    expect(await scripts.stateOf(id!)).toBe("cancelled");
    expect(scripts.list("offer")).toEqual([]);
  });

  test.each([
    ["failed", "cancelled"],
    ["done", "completed"],
  ] as const)(
    "a claim asks the script to stop; that has %s, so the task has %s",
    async (how, state) => {
      const script = await claimed();
      expect(await scripts.rig.queue.cancel(script.job.id, WHY)).toBe("asked");
      await scripts.bridge.sync();
      await scripts.bridge.sync();
      expect(script.isAskedToStop).toBe(true);
      expect((await itemOf(script))?.state).toBe("running");
      script[how]();
      await scripts.bridge.sync();
      expect((await itemOf(script))?.state).toBe(state);
      expect(existsSync(script.folder)).toBe(false);
    },
  );
});

describe("what is none of ours", () => {
  const secret = (): string => {
    const path = join(scripts.rig.home, "secret");
    writeFileSync(path, '"secret"');
    return path;
  };

  test.each([
    ["a link", (path: string) => symlinkSync(secret(), path), "cannot be"],
    [
      "a pipe",
      (path: string) => void Bun.spawnSync(["mkfifo", path]),
      "is not a file",
    ],
    ["a folder", (path: string) => mkdirSync(path), "is not a file"],
    [
      "too much",
      (path: string) => writeFileSync(path, `"${"x".repeat(1_048_576)}"`),
      "is longer than",
    ],
  ])(
    "%s as a result fails the task, with the reason, and is moved aside",
    async (_, write, why) => {
      const script = await claimed();
      write(join(script.folder, "result.json"));
      await scripts.bridge.sync();
      const item = await itemOf(script);
      expect(item?.state).toBe("failed");
      expect(item?.summary).toContain(why);
      expect(item?.summary).not.toContain("secret");
      expect(scripts.list("aside")).toHaveLength(1);
      expect(scripts.bridge.counts).toEqual({ fenced: 0, aside: 1 });
    },
  );

  test.each([
    ["{oops\n", "{oops"],
    ["12 passed\n0 failed\n", "12 passed\n0 failed"],
    ["", null],
    ["null", "null"],
  ])("what a program prints, as %j, is a result too", async (text, summary) => {
    const script = await claimed();
    script.write("result.json", text);
    await scripts.bridge.sync();
    expect(await itemOf(script)).toMatchObject({ state: "completed", summary });
  });

  test("a deep one is no trouble", async () => {
    const script = await claimed();
    const depth = 200_000;
    script.write("result.json", "[".repeat(depth) + "]".repeat(depth));
    await scripts.bridge.sync();
    expect(await itemOf(script)).toMatchObject({ state: "completed" });
  });

  test("names are moved aside, counted, and never opened; work goes on", async () => {
    await scripts.add(2);
    await scripts.wanted();
    const [one, two] = scripts.list("offer");
    const names = [
      "x",
      "00-1.task_../..1",
      "00-1.task_a.0",
      "00-1.task_a.1\n",
      "$(touch pwned)",
      ".hidden",
      "00-1.task_A.1",
    ];
    for (const name of names.filter((it) => !it.includes("/")))
      writeFileSync(scripts.path("offer", name), "x");
    writeFileSync(
      Buffer.concat([
        Buffer.from(scripts.path("offer/")),
        Buffer.from([0xff, 0x0a]),
      ]),
      "x",
    );
    const outside = join(scripts.rig.home, "outside");
    mkdirSync(outside);
    symlinkSync(
      outside,
      scripts.path("claim", two!.slice(two!.indexOf(".") + 1)),
    );
    writeFileSync(scripts.path("claim/task_b.1"), "a file");
    mkdirSync(scripts.path("claim/-rf"));
    symlinkSync(secret(), scripts.path("offer/10-0000000009.task_c.1"));
    await scripts.bridge.sync();
    expect(scripts.bridge.counts.aside).toBe(11);
    expect(scripts.list("aside")).toHaveLength(11);
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([one!, two!]);
    expect(scripts.list("claim")).toEqual([]);
    expect(readFileSync(secret(), "utf8")).toBe('"secret"');
    expect(existsSync(outside)).toBe(true);
    scripts.take(two!)?.done();
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([one!]);
  });

  test("no more is kept aside than anybody looks through, the newest of it", async () => {
    await scripts.bridge.sync();
    for (let n = 0; n < 250; n++)
      writeFileSync(scripts.path("offer", `junk${n}`), "x");
    await scripts.bridge.sync();
    expect(scripts.bridge.counts.aside).toBe(250);
    expect(scripts.list("aside")).toHaveLength(200);
  });

  test("a claim without an offer, of a task that was never offered, is cleared away", async () => {
    const [id] = await scripts.add(1);
    mkdirSync(scripts.path("claim", `${id}.1`));
    mkdirSync(scripts.path("claim", "task_0123.7"));
    await scripts.bridge.sync();
    expect(scripts.list("claim")).toEqual([]);
    await scripts.wanted();
    expect(scripts.takeAny()?.job.id).toBe(id!);
  });

  test("a folder that may not be looked into is looked into all the same: it is our user's", async () => {
    const script = await claimed();
    script.done("locked");
    chmodSync(script.folder, 0);
    await scripts.bridge.sync();
    expect(await itemOf(script)).toMatchObject({ summary: "locked" });
  });
});
