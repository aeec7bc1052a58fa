import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  damageOf,
  decodePayload,
  encodePayload,
  encodePayloadOffThread,
  FRAME_BYTES,
  isCompressed,
} from "../../flow-balancer/codec/payload-codec.ts";
import type { Compression } from "../../flow-balancer/codec/compress.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";

const LIMITS = { what: "the value of task t1", maxBytes: 1_000_000 };
const COMPRESSIONS = ["gzip", "zstd"] as const satisfies Compression[];

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text));

/** What was thrown, which must be one of ours. */
function refusal(encoded: Uint8Array, maxBytes = LIMITS.maxBytes) {
  try {
    decodePayload(encoded, { ...LIMITS, maxBytes });
  } catch (thrown) {
    if (thrown instanceof BalancerError) return thrown;
    throw thrown;
  }
  throw new Error("it was decoded");
}

/** Bytes as they come: chance has no repetitions, text has. */
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 3_000, size: "max" }),
  fc
    .array(fc.constantFrom("alpha", '{"id":', ",", "\n", "ü"), {
      maxLength: 600,
      size: "max",
    })
    .map((parts) => bytesOf(parts.join(""))),
) as fc.Arbitrary<Uint8Array<ArrayBuffer>>;

/** One as another program could have made it, with every hash right. */
function forged(
  coding: number,
  bytes: number,
  body: Uint8Array,
  hash = 0n,
  magic = 0xfb,
): Uint8Array {
  const encoded = Buffer.alloc(body.length + FRAME_BYTES);
  encoded.writeUInt8(magic, 0);
  encoded.writeUInt8(coding, 1);
  encoded.writeUInt32LE(bytes, 2);
  encoded.writeBigUInt64LE(hash, 6);
  encoded.set(body, 14);
  const sealAt = encoded.length - 8;
  encoded.writeBigUInt64LE(
    Bun.hash.xxHash3(encoded.subarray(0, sealAt)),
    sealAt,
  );
  return encoded;
}

describe.each(COMPRESSIONS)("a payload in %s", (compression) => {
  test("comes back as it was, whatever it is, also when it was made off the thread", async () => {
    let compressed = 0;
    await fc.assert(
      fc.asyncProperty(payload, async (raw) => {
        const encoded = encodePayload(raw, compression);
        if (isCompressed(encoded)) compressed++;
        for (const it of [
          encoded,
          await encodePayloadOffThread(raw, compression),
        ]) {
          expect(damageOf(it)).toBeNull();
          expect(Buffer.from(decodePayload(it, LIMITS)).equals(raw)).toBe(true);
          expect(it.length).toBeLessThanOrEqual(raw.length + FRAME_BYTES);
        }
      }),
      { numRuns: 200 },
    );
    // Both ways were gone.
    expect(compressed).toBeGreaterThan(10);
    expect(compressed).toBeLessThan(200);
  });

  test("is compressed only where that makes it a tenth smaller", () => {
    const repeated = bytesOf("one of many lines\n".repeat(200));
    expect(isCompressed(encodePayload(repeated, compression))).toBe(true);
    const chance = crypto.getRandomValues(new Uint8Array(4_096));
    const kept = encodePayload(chance, compression);
    expect(isCompressed(kept)).toBe(false);
    expect(kept.length).toBe(chance.length + FRAME_BYTES);
  });

  test("every flipped bit and every cut is noticed, before and by decoding", () => {
    for (const raw of [
      bytesOf("one of many lines\n".repeat(40)),
      crypto.getRandomValues(new Uint8Array(60)),
      bytesOf(""),
    ]) {
      const encoded = encodePayload(raw, compression);
      for (let bit = 0; bit < encoded.length * 8; bit++) {
        const flipped = encoded.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(damageOf(flipped)).toBeString();
        expect(refusal(flipped).code).toBe("PAYLOAD_DAMAGED");
      }
      for (let length = 0; length < encoded.length; length++) {
        expect(damageOf(encoded.subarray(0, length))).toBeString();
        expect(refusal(encoded.subarray(0, length)).code).toBe(
          "PAYLOAD_DAMAGED",
        );
      }
      expect(refusal(Buffer.concat([encoded, Buffer.from([0])])).code).toBe(
        "PAYLOAD_DAMAGED",
      );
    }
  });

  test("any bytes at all are refused as damaged, never otherwise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusal(bytes).code).toBe("PAYLOAD_DAMAGED");
      }),
    );
  });

  test("with right hashes around bytes that are no such stream, or a part of one, is refused", () => {
    const raw = bytesOf("one of many lines\n".repeat(4_000));
    const coding = compression === "gzip" ? 1 : 2;
    const hash = Bun.hash.xxHash3(raw) as bigint;
    const body = encodePayload(raw, compression).slice(14, -8);
    expect(
      decodePayload(forged(coding, raw.length, body, hash), LIMITS),
    ).toEqual(Buffer.from(raw));
    for (const wrong of [
      forged(coding, raw.length, body.subarray(0, -20), hash),
      forged(coding, raw.length, bytesOf("neither"), hash),
      forged(coding, raw.length, new Uint8Array(0), hash),
      forged(coding, raw.length + 1, body, hash),
      forged(coding, raw.length - 1, body, hash),
      forged(coding, raw.length, body, hash ^ 1n),
      forged(coding, raw.length, body, hash, 0xfa),
      forged(3, raw.length, body, hash),
      forged(0, raw.length, body, hash),
    ])
      expect(refusal(wrong).code).toBe("PAYLOAD_DAMAGED");
  });

  test("that is a bomb is stopped with little more held than it names", () => {
    const zeros = new Uint8Array(256 * 1_048_576);
    const bomb =
      compression === "gzip"
        ? Bun.gzipSync(zeros.subarray(0, 128 * 1_048_576), { level: 1 })
        : Bun.zstdCompressSync(zeros, { level: 1 });
    const coding = compression === "gzip" ? 1 : 2;
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 3; round++)
      expect(refusal(forged(coding, 65_536, bomb))).toMatchObject({
        code: "PAYLOAD_DAMAGED",
        message:
          "the value of task t1 is damaged: it holds more than the 65536 bytes it names",
      });
    expect(process.memoryUsage.rss() - before).toBeLessThan(16 * 1_048_576);
  });
});

test("one longer than the limit is refused, with what, how long and the limit, before anything is unpacked", () => {
  const encoded = encodePayload(bytesOf("x".repeat(5_000)));
  expect(refusal(encoded, 4_999)).toMatchObject({
    code: "PAYLOAD_TOO_LARGE",
    message: "the value of task t1 is 5000 bytes, the limit is 4999",
  });
  expect(decodePayload(encoded, { what: "it", maxBytes: 5_000 })).toHaveLength(
    5_000,
  );
});
