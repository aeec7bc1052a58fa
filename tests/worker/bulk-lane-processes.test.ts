import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  BulkReceiver,
  BulkSender,
} from "../../flow-balancer/worker/bulk-lane.ts";
import { kill } from "../support/processes.ts";
import { within } from "../support/until.ts";
import type { FromEcho, ToEcho } from "./children/bulk-echo.ts";
import { madeLanes } from "./made-lanes.ts";

const ECHO = join(import.meta.dir, "children/bulk-echo.ts");
const MIB = 1_048_576;

const { atTheEnd, make } = madeLanes(afterEach);

describe.skipIf(!existsSync("/dev/shm"))("two processes", () => {
  let call: (message: ToEcho) => Promise<FromEcho>;
  let pid: number;

  beforeEach(() => {
    let answered: ((said: FromEcho) => void) | undefined;
    const child = Bun.spawn([process.execPath, ECHO], {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "advanced",
      ipc: (said: FromEcho) => answered?.(said),
    });
    pid = child.pid;
    atTheEnd.push(() => kill(pid));
    call = (message) => {
      const { promise, resolve } = Promise.withResolvers<FromEcho>();
      answered = resolve;
      child.send(message);
      return within(`answer to ${message.type}`, promise);
    };
  });

  const mapsOf = (process: number | "self"): string[] =>
    readFileSync(`/proc/${process}/maps`, "utf8")
      .split("\n")
      .filter((line) => line.includes("/dev/shm/"));

  async function connect(number: number, capacity: number) {
    const out = make(number, capacity);
    const back = make(number, capacity);
    for (const [type, { ticket, close }] of [
      ["receive", out],
      ["send", back],
    ] as const) {
      expect(await call({ type, ticket })).toEqual({
        type: "opened",
        lane: number,
      });
      close();
    }
    return { out, back };
  }

  const TEXTS = [
    JSON.stringify({ short: true }),
    JSON.stringify(
      Array.from({ length: 20_000 }, (_, n) => ({ n, name: `${n}` })),
    ),
    JSON.stringify("grüße ".repeat(50_000)),
    JSON.stringify("漢字 😀 ".repeat(50_000)),
    `"${"\ud800".repeat(1_000)}"`,
  ];

  test("send each other texts, grow, and give all memory back", async () => {
    const before = mapsOf("self");
    const sender = new BulkSender();
    const receiver = new BulkReceiver();
    for (const [number, capacity] of [
      [1, 2 * MIB],
      [2, 8 * MIB],
    ] as const) {
      const { out, back } = await connect(number, capacity);
      sender.adopt(out.lane);
      receiver.adopt(back.lane);
      for (const text of TEXTS) {
        const said = await call({ type: "lane", ref: sender.write(text) });
        if (said.type !== "lane") throw new Error(JSON.stringify(said));
        expect(receiver.read(said.ref) === text).toBe(true);
      }
    }
    expect(sender.shrink()).toBe(true);
    expect(await call({ type: "shrink" })).toEqual({
      type: "shrunk",
      sender: true,
    });
    receiver.drop();
    // Of what tests before left, the collector may have taken some meanwhile.
    expect(mapsOf("self").filter((map) => !before.includes(map))).toEqual([]);
    expect(mapsOf(pid)).toEqual([]);
  });

  test("go on inline while the lane back is busy", async () => {
    const sender = new BulkSender();
    const receiver = new BulkReceiver();
    const { out, back } = await connect(1, MIB);
    sender.adopt(out.lane);
    receiver.adopt(back.lane);
    const first = await call({ type: "lane", ref: sender.write("first") });
    const second = await call({ type: "lane", ref: sender.write("second") });
    expect(second).toEqual({ type: "inline", text: "second" });
    if (first.type !== "lane") throw new Error(first.type);
    expect(receiver.read(first.ref)).toBe("first");
    sender.drop();
    receiver.drop();
  });

  test("a text outlives the process that sent it", async () => {
    const sender = new BulkSender();
    const receiver = new BulkReceiver();
    const { out, back } = await connect(1, MIB);
    sender.adopt(out.lane);
    receiver.adopt(back.lane);
    const said = await call({ type: "lane", ref: sender.write("last words") });
    kill(pid);
    if (said.type !== "lane") throw new Error(said.type);
    expect(receiver.read(said.ref)).toBe("last words");
    sender.drop();
    receiver.drop();
  });

  test("a reference to nothing is an error over there, and no crash", async () => {
    await connect(1, MIB);
    const said = await call({
      type: "lane",
      ref: { lane: 1, turn: 1, bytes: 2 ** 40 },
    });
    expect(said).toMatchObject({ type: "error" });
    expect(await call({ type: "shrink" })).toEqual({
      type: "shrunk",
      sender: false,
    });
  });
});
