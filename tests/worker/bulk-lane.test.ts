import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { existsSync } from "node:fs";
import {
  BulkReceiver,
  BulkSender,
  capacityFor,
  createLane,
  openLane,
  type BulkRef,
} from "../../flow-balancer/worker/bulk-lane.ts";
import {
  BulkTextError,
  MAX_BULK_BYTES,
} from "../../flow-balancer/worker/bulk-text.ts";
import { madeLanes } from "./made-lanes.ts";

const MIB = 1_048_576;

const { atTheEnd, make } = madeLanes(afterEach);

/** Both ends in this process, each with a map of its own. */
function ends(capacity: number) {
  const sender = new BulkSender();
  const receiver = new BulkReceiver();
  const connect = (number: number, bytes: number) => {
    const made = make(number, bytes);
    receiver.adopt(openLane(made.ticket)!);
    sender.adopt(made.lane);
  };
  connect(1, capacity);
  atTheEnd.push(() => {
    sender.drop();
    receiver.drop();
  });
  return { sender, receiver, connect };
}

const anyText = fc.oneof(
  fc.string({ minLength: 1, maxLength: 300 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
  // Every 16-bit unit, lone surrogates among them.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), {
      minLength: 1,
      maxLength: 300,
    })
    .map((units) => String.fromCharCode(...units)),
  // Beyond what a look at the beginning shows.
  fc
    .tuple(
      fc.constantFrom("x", "ü"),
      fc.constantFrom("x", "ÿ", "Ā", "😀", "\udc00"),
    )
    .map(([most, last]) => most.repeat(3_000) + last),
  fc.json().filter((text) => text.length > 0),
);

describe.skipIf(!existsSync("/dev/shm"))("a lane", () => {
  test("carries every text, one after the other", () => {
    const { sender, receiver } = ends(16_384);
    fc.assert(
      fc.property(anyText, (text) => {
        const ref = sender.write(text)!;
        expect(receiver.read(JSON.parse(JSON.stringify(ref)))).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  test("takes one byte a character where it can, and what fills it to the last byte", () => {
    const { sender, receiver } = ends(1_000);
    const sent = (text: string) => {
      const ref = sender.write(text);
      if (ref === null) return null;
      expect(receiver.read(ref)).toBe(text);
      return ref.bytes;
    };
    expect(sent("x".repeat(1_000))).toBe(1_000);
    expect(sent("ü".repeat(1_000))).toBe(1_000);
    expect(sent("ü".repeat(1_001))).toBeNull();
    expect(sent("漢".repeat(500))).toBe(1_000);
    expect(sent("漢".repeat(501))).toBeNull();
    expect(sent("")).toBeNull();
  });

  test("holds one text at a time, until it is read or nobody wants it", () => {
    const { sender, receiver } = ends(1_000);
    const first = sender.write("first")!;
    expect(sender.write("second")).toBeNull();
    expect(receiver.read(first)).toBe("first");
    const second = sender.write("second")!;
    expect(sender.write("third")).toBeNull();
    receiver.release(second);
    expect(receiver.read(sender.write("third")!)).toBe("third");
  });

  test("does not give the same text twice", () => {
    const { sender, receiver } = ends(1_000);
    const ref = sender.write("once")!;
    receiver.read(ref);
    expect(() => receiver.read(ref)).toThrow("turn must be above 1");
    expect(() => receiver.release(ref)).toThrow("turn must be above 1");
  });

  test("gives way to a larger one, and what was under way in it still arrives", () => {
    const { sender, receiver, connect } = ends(1_000);
    const old = sender.write("under way")!;
    connect(2, 5_000);
    const next = sender.write("y".repeat(5_000))!;
    expect([old.lane, next.lane]).toEqual([1, 2]);
    expect(receiver.read(old)).toBe("under way");
    expect(receiver.read(next)).toBe("y".repeat(5_000));
    expect(() => receiver.read(old)).toThrow("no such lane");
  });

  test("says of each reference that does not fit what is wrong, and goes on", () => {
    const { sender, receiver } = ends(1_000);
    const good = sender.write("text that is long")!;
    const bad: [Partial<Record<keyof BulkRef, unknown>> | null, string][] = [
      [null, "no such lane"],
      [{ lane: 2 }, "no such lane"],
      [{ lane: "1" }, "no such lane"],
      [{ turn: 0 }, "turn must be"],
      [{ turn: 2 ** 31 }, "turn must be"],
      [{ turn: 1.5 }, "turn must be"],
    ];
    for (const [change, says] of bad)
      expect(() =>
        receiver.read(change === null ? null : { ...good, ...change }),
      ).toThrow(says);
    // None of these took the text's turn.
    expect(receiver.read(good)).toBe("text that is long");
    for (const [change, says] of [
      [{ bytes: 0 }, "bytes must be 1..1000"],
      [{ bytes: 1_001 }, "bytes must be 1..1000"],
      [{ bytes: -1 }, "bytes must be"],
      [{ bytes: Infinity }, "bytes must be"],
      [{ bytes: 16 }, "another hash"],
      [{ hash: good.hash + 1 }, "another hash"],
      [{ hash: -1 }, "hash is none"],
      [{ hash: "1" }, "hash is none"],
      [{ encoding: "hex" }, "encoding is none"],
      [{ encoding: "utf16le" }, "are not utf16le"],
    ] as const) {
      const ref = sender.write("text that is long")!;
      expect(() => receiver.read({ ...ref, ...change })).toThrow(says);
    }
  });

  test("whatever a reference says: the text, or a BulkTextError, and nothing else", () => {
    const odd = fc.oneof(
      fc.constantFrom(
        ...[0, 1, 2, 3, 6, 12, -1, 0.5, Number.NaN, 2 ** 31, 2 ** 53],
        ...[null, "latin1", "utf16le", "utf8"],
      ),
      fc.anything(),
    );
    const names = ["lane", "turn", "bytes", "encoding", "hash"] as const;
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), odd), { maxLength: 2 }),
        (changes) => {
          const { sender, receiver } = ends(1_000);
          const ref = sender.write("a text")!;
          const said = { ...ref, ...Object.fromEntries(changes) };
          try {
            expect(receiver.read(said)).toBe("a text");
            read++;
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(BulkTextError);
          }
          sender.drop();
          receiver.drop();
        },
      ),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(0);
  });

  test("finds out when somebody writes into a text that is under way", () => {
    const sender = new BulkSender();
    const receiver = new BulkReceiver();
    const { lane, ticket } = make(1, 1_000);
    sender.adopt(lane);
    receiver.adopt(openLane(ticket)!);
    const ref = sender.write("untouched")!;
    lane.memory[lane.memory.length - 1_000 + 3]! ^= 1;
    expect(() => receiver.read(ref)).toThrow("another hash");
    // The error holds no text, and the lane is free again.
    expect(receiver.read(sender.write("next")!)).toBe("next");
  });

  test("shrinks when it is large and empty, and then takes nothing", () => {
    const { sender, receiver, connect } = ends(1_000);
    expect(sender.shrink()).toBe(false);
    connect(2, 8 * MIB);
    const ref = sender.write("unread")!;
    expect(sender.shrink()).toBe(false);
    receiver.read(ref);
    expect(sender.shrink()).toBe(true);
    expect([sender.capacity, sender.write("x")]).toEqual([0, null]);
    receiver.drop(2);
    expect(receiver.capacity).toBe(0);
    connect(3, 1_000);
    receiver.drop(2);
    expect(receiver.read(sender.write("again")!)).toBe("again");
  });

  test("is not to be had where no memory is", () => {
    expect(createLane(1, Number.NaN)).toBeNull();
    expect(
      openLane({ path: "/nowhere", bytes: 64, token: "", lane: 1 }),
    ).toBeNull();
    const sender = new BulkSender();
    expect([sender.capacity, sender.write("x")]).toEqual([0, null]);
    expect(() => new BulkReceiver().read({ lane: 1, turn: 1 })).toThrow(
      "no such lane",
    );
  });
});

test("room is made in powers of two, and never for more than the longest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_BULK_BYTES }), (bytes) => {
      const room = capacityFor(bytes);
      expect(room).toBeGreaterThanOrEqual(bytes);
      expect(room).toBeLessThanOrEqual(MAX_BULK_BYTES);
      expect(Math.log2(room) % 1).toBe(0);
      expect(room).toBeLessThanOrEqual(Math.max(262_144, 2 * bytes));
    }),
  );
});
