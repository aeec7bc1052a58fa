import { expect, test } from "bun:test";
import fc from "fast-check";
import { ParentLanes } from "../../flow-balancer/worker/parent-lanes.ts";
import type { ToWorker } from "../../flow-balancer/worker/protocol.ts";
import { WorkerLanes } from "../../flow-balancer/worker/worker-lanes.ts";

/** Both halves in one process; messages arrive in order, when `deliver` is called. */
class Pair {
  readonly toWorker: ToWorker[] = [];
  readonly worker = new WorkerLanes((message) => {
    if (message.type === "lane_open")
      this.parent.opened(message.lane, message.ok);
    if (message.type === "lane_shrunk") this.parent.shrunk(message.lane);
  });
  readonly parent = new ParentLanes((message) => this.toWorker.push(message));

  deliver(): void {
    for (const message of this.toWorker.splice(0)) {
      if (message.type === "lane") this.worker.open(message.to, message.ticket);
      if (message.type === "lane_drop") this.worker.drop(message.lane);
      if (message.type === "lane_shrink") this.worker.shrink();
    }
  }

  /** True if it went by the lane. */
  send(text: string): boolean {
    const ref = this.parent.write(text);
    this.deliver();
    if (ref !== null) expect(this.worker.read(ref)).toBe(text);
    return ref !== null;
  }

  answer(text: string): boolean {
    const ref = this.worker.write(text);
    if (ref === null) this.parent.cameInline(text);
    else expect(this.parent.read(ref)).toBe(text);
    this.deliver();
    return ref !== null;
  }

  [Symbol.dispose](): void {
    this.parent.close();
  }
}

test.each([
  ["ASCII", "x"],
  ["Latin-1", "ü"],
  ["beyond", "€"],
])(
  "%s texts have a lane each way from the third on, also when they grow",
  (_, letter) => {
    using pair = new Pair();
    for (const chars of [20_000, 300_000, 3_000_000]) {
      const text = letter.repeat(chars);
      const sent = [pair.send(text), pair.send(text), pair.send(text)];
      expect(sent.at(-1)).toBe(true);
      const back = [pair.answer(text), pair.answer(text), pair.answer(text)];
      expect(back.at(-1)).toBe(true);
    }
  },
);

test("short texts never take one, and a worker that rests gives large ones back", () => {
  using pair = new Pair();
  for (let n = 0; n < 5; n++) expect(pair.send("x".repeat(16_000))).toBe(false);
  const large = "x".repeat(6_000_000);
  for (let n = 0; n < 3; n++) {
    pair.send(large);
    pair.answer(large);
  }
  expect([pair.send(large), pair.answer(large)]).toEqual([true, true]);
  pair.parent.shrink();
  pair.deliver();
  expect([pair.send(large), pair.answer(large)]).toEqual([false, false]);
  pair.send(large);
  pair.answer(large);
  expect([pair.send(large), pair.answer(large)]).toEqual([true, true]);
});

test("whatever is sent arrives, by the lane or not at all", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          chars: fc.integer({ min: 1, max: 400_000 }),
          letter: fc.constantFrom("x", "é", "\u{1f600}", "\ud800"),
          back: fc.boolean(),
          rests: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      (texts) => {
        using pair = new Pair();
        for (const { chars, letter, back, rests } of texts) {
          const text = letter.repeat(chars);
          if (back) pair.answer(text);
          else pair.send(text);
          if (rests) pair.parent.shrink();
          pair.deliver();
        }
      },
    ),
    { numRuns: 30 },
  );
});
