import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { ADA, BOB } from "../board/board-under-test.ts";
import { BridgeRig, LEASE_MS } from "./bridge-rig.ts";

let scripts: BridgeRig;
beforeEach(() => {
  scripts = new BridgeRig();
});
afterEach(async () => {
  await scripts.rig.close();
  expect(scripts.errors).toEqual([]);
});

describe("offers", () => {
  test("are made while somebody looks for work, and taken back after", async () => {
    const [id] = await scripts.add(1);
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([]);
    await scripts.wanted();
    expect(scripts.list("offer")).toEqual([`10-0000000001.${id}.1`]);
    scripts.rig.env.advance(59_000);
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toHaveLength(1);
    scripts.rig.env.advance(1_000);
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([]);
    expect(await scripts.rig.board.get(id!)).toMatchObject({
      isReady: true,
      attempt: 0,
    });
  });

  test("are a few at a time, the best first, with all a script has to know", async () => {
    const few = scripts.newBridge({ window: 3 });
    await scripts.add(3, { details: "how to" });
    const [urgent] = await scripts.add(1, { priority: 5, weight: 7 });
    scripts.want();
    await few.sync();
    expect(scripts.list("offer")).toHaveLength(3);
    const first = scripts.takeAny();
    expect(first?.job).toEqual({
      id: urgent!,
      attempt: 1,
      fence: 1,
      title: "a",
      details: null,
      weight: 7,
      input: { title: "a", details: null },
    } as never);
    expect(scripts.takeAny()?.job).toMatchObject({
      title: "a",
      details: "how to",
    });
    await few.sync();
    expect(scripts.list("offer")).toHaveLength(2);
  });

  test("last for as long as a bridge does, and no longer", async () => {
    await scripts.add(1);
    for (let beat = 0; beat < 10; beat++) {
      scripts.rig.env.advance(LEASE_MS / 3);
      await scripts.wanted();
    }
    expect(scripts.list("offer")).toEqual([expect.stringMatching(/\.1$/)]);
    scripts.rig.env.advance(LEASE_MS + 1);
    expect(await scripts.rig.take(ADA)).toBe("a");
    await scripts.wanted();
    expect(scripts.list("offer")).toEqual([]);
  });

  test("that are gone are made again; that are out of date go", async () => {
    await scripts.add(1);
    await scripts.wanted();
    const [offer] = scripts.list("offer");
    rmSync(scripts.path("offer", offer!));
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([offer!]);
    scripts.rig.store.raw.run("UPDATE tasks SET fence = fence + 1");
    await scripts.bridge.sync();
    expect(scripts.list("offer")).toEqual([offer!.replace(/1$/, "2")]);
  });

  test("are an agent's for the asking, and no script's from then on", async () => {
    await scripts.add(2);
    await scripts.wanted();
    const [first, second] = scripts.list("offer");
    const script = scripts.take(first!);
    expect(script?.job.title).toBe("a");
    // Whether or not the bridge has seen yet that a script has the other.
    expect(await scripts.rig.take(ADA)).toBe("b");
    expect(scripts.list("offer")).toEqual([]);
    expect(await scripts.rig.take(BOB)).toBeNull();
    await scripts.bridge.sync();
    expect(scripts.take(second!)).toBeNull();
    expect(await scripts.rig.take(BOB)).toBeNull();
    script?.done();
    await scripts.bridge.sync();
    expect(await scripts.stateOf(script!.job.id)).toBe("completed");
  });

  test("that were taken back by a process that went no further are anybody's again", async () => {
    const [id] = await scripts.add(1);
    await scripts.wanted();
    const [offer] = scripts.list("offer");
    expect(scripts.bridge.withdraw(id!, 1)).toBe(true);
    expect(scripts.take(offer!)).toBeNull();
    await scripts.wanted();
    expect(scripts.list("offer")).toEqual([offer!.replace(/1$/, "3")]);
    expect(scripts.bridge.withdraw(id!, 1)).toBe(true);
    expect(scripts.bridge.withdraw(id!, 1)).toBe(false);
    expect(scripts.bridge.withdraw("../x" as TaskId, 1)).toBe(false);
  });

  test("are taken back by the last process that stops, but not by another", async () => {
    await scripts.add(2);
    await scripts.wanted();
    const script = scripts.takeAny();
    await scripts.bridge.stop({ isLast: false });
    expect(scripts.list("offer")).toHaveLength(1);
    const last = scripts.newBridge();
    await last.sync();
    await last.stop({ isLast: true });
    expect(scripts.list("offer")).toEqual([]);
    expect(await scripts.rig.take(ADA)).toBe("b");
    // What a script has stays its own.
    script?.done();
    await scripts.newBridge().sync();
    expect(await scripts.stateOf(script!.job.id)).toBe("completed");
  });
});

describe("a claim", () => {
  test("has one winner, whose task it is until it is done", async () => {
    const [id] = await scripts.add(1);
    await scripts.wanted();
    const [offer] = scripts.list("offer");
    const script = scripts.take(offer!, "build\u001b[2J.sh\n");
    expect(scripts.take(offer!)).toBeNull();
    await scripts.bridge.sync();
    expect(await scripts.rig.board.get(id!)).toMatchObject({
      state: "running",
      workedBy: "script:build[2J.sh",
    });
    script?.done({ summary: "built", size: 3 });
    await scripts.bridge.sync();
    expect(await scripts.rig.board.get(id!)).toMatchObject({
      state: "completed",
      summary: "built",
      workedBy: "script:build[2J.sh",
    });
    for (const folder of ["offer", "claim", "tmp", "fenced", "aside"])
      expect(scripts.list(folder)).toEqual([]);
    expect(scripts.list("seen")).toEqual(["want"]);
  });

  test("of a script that lives is never given away, however long it works", async () => {
    const [id] = await scripts.add(1);
    await scripts.wanted();
    const script = scripts.takeAny();
    for (let beat = 0; beat < 40; beat++) {
      script?.beat();
      scripts.rig.env.advance(LEASE_MS / 2);
      await scripts.bridge.sync();
      await scripts.rig.queue.sweep();
      expect(await scripts.stateOf(id!)).toBe("running");
    }
    // From the claim on it has a whole lease, however old the offer was.
    await scripts.add(1);
    await scripts.wanted();
    scripts.rig.env.advance(LEASE_MS / 2 - 1);
    script?.beat();
    const other = scripts.takeAny();
    await scripts.bridge.sync();
    scripts.rig.env.advance(LEASE_MS - 1);
    await scripts.rig.queue.sweep();
    expect(await scripts.stateOf(other!.job.id)).toBe("running");
    // Not even while no server looks, if the first that does looks before it sweeps.
    script?.beat();
    scripts.rig.env.advance(10 * LEASE_MS);
    await scripts.newBridge().sync();
    await scripts.rig.queue.sweep();
    expect(await scripts.stateOf(id!)).toBe("running");
    expect(script?.isAskedToStop).toBe(false);
  });

  test.each(["after it began", "before it had the offer"])(
    "of a script that was killed %s comes back under a new name",
    async (when) => {
      const [id] = await scripts.add(1);
      await scripts.wanted();
      const [offer] = scripts.list("offer");
      const script = scripts.take(offer!);
      script?.beat();
      if (when !== "after it began")
        await Bun.$`mv ${script!.folder}/job ${scripts.path("offer", offer!)}`;
      for (let beat = 0; beat < 3; beat++) {
        await scripts.wanted();
        scripts.rig.env.advance(LEASE_MS / 2);
      }
      await scripts.wanted();
      const [again] = scripts.list("offer");
      expect(again).toBe(offer!.replace(/1$/, "3"));
      const next = scripts.take(again!);
      expect(next?.job).toMatchObject({ id: id!, attempt: 2, fence: 3 });
      next?.done("second");
      await scripts.bridge.sync();
      expect(await scripts.rig.board.get(id!)).toMatchObject({
        summary: "second",
      });
    },
  );

  test("that lost its lease is asked to stop; its result is kept, and changes nothing", async () => {
    const [id] = await scripts.add(1);
    await scripts.wanted();
    const late = scripts.takeAny();
    await scripts.bridge.sync();
    scripts.rig.env.advance(LEASE_MS + 1);
    await scripts.wanted();
    await scripts.bridge.sync();
    expect(late?.isAskedToStop).toBe(true);
    const next = scripts.takeAny();
    expect(late?.done("late")).toBe(true);
    await scripts.bridge.sync();
    expect(scripts.bridge.counts.fenced).toBe(1);
    expect(scripts.list("fenced")).toHaveLength(1);
    expect(await scripts.stateOf(id!)).toBe("running");
    next?.done("in time");
    await scripts.bridge.sync();
    expect((await scripts.rig.board.get(id!))?.summary).toBe("in time");
  });

  test("of one that vanished is cleared away once nothing was heard for a lease", async () => {
    await scripts.add(1);
    await scripts.wanted();
    const late = scripts.takeAny();
    await scripts.bridge.sync();
    scripts.rig.store.raw.run("UPDATE tasks SET fence = 9, holder = NULL");
    late?.beat();
    await scripts.bridge.sync();
    scripts.rig.env.advance(LEASE_MS - 1);
    late?.beat();
    await scripts.bridge.sync();
    scripts.rig.env.advance(LEASE_MS - 1);
    await scripts.bridge.sync();
    expect(existsSync(late!.folder)).toBe(true);
    scripts.rig.env.advance(1);
    await scripts.bridge.sync();
    expect(existsSync(late!.folder)).toBe(false);
  });
});
