/**
 * Power loss and damage of the log: what is read afterwards is what some of the acknowledged
 * transactions left, from the first one on, whole. `SEED=n` chooses other damage.
 */

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import {
  ftruncateSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { SeededChance } from "../simulation/seeded-chance.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import { DamagedStore, type Prefix } from "../support/damaged-store.ts";
import { type Judgement, StorePages } from "../support/damaged-store-pages.ts";
import { halfCopied, withoutSectors } from "../support/damaged-store-torn.ts";
import {
  assertUsable,
  closedBytes,
  useAll,
} from "../support/damaged-store-use.ts";
import { FakeEnv } from "../support/fake-env.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const FLIPS = Number(process.env["FLIPS"] ?? 10_000);
/** Slower ones. */
const PAGE_FLIPS = FLIPS / 5;

// Tens of thousands of times a file is opened: seconds, and more beside others.
setDefaultTimeout(60_000);

let short: DamagedStore;
let fresh: DamagedStore;
/** Behind its log is the rest of an older one. */
let restarted: DamagedStore;
/** All of it is in the log. */
let grown: DamagedStore;
beforeAll(async () => {
  [short, fresh, restarted, grown] = await Promise.all([
    DamagedStore.make("short"),
    DamagedStore.make("fresh"),
    DamagedStore.make("restarted"),
    DamagedStore.make("grown"),
  ]);
});
beforeEach(() => {
  for (const store of [short, fresh, restarted, grown]) store.restore();
});
afterAll(() => {
  for (const store of [short, fresh, restarted, grown]) store[Symbol.dispose]();
});

function attempt(damage: string, act: () => void): void {
  try {
    act();
  } catch (thrown) {
    throw new Error(`SEED=${SEED}, ${damage}: ${String(thrown)}`, {
      cause: thrown,
    });
  }
}

/** What opening it gives, or throws. */
function opening(path: string): Store | BalancerError {
  try {
    return openStore(path, "normal", new FakeEnv());
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BalancerError);
    return thrown as BalancerError;
  }
}

/** Takes a copy with this log into use. */
async function usable(
  store: DamagedStore,
  log: Buffer,
  prefix: Prefix,
): Promise<void> {
  using copy = store.copy();
  writeFileSync(`${copy.path}-wal`, log);
  // A power loss is a restart of the machine; a kill is none.
  const bootId = log.length % 2 === 0 ? "boot" : "next boot";
  await assertUsable(copy.path, prefix, bootId);
}

/** Every time by its mark, now and then page for page. */
function assertIs(store: DamagedStore, prefix: Prefix, n: number): void {
  if (n % 16 === 0) store.assertIs(prefix);
  else expect(store.mark()).toBe(prefix.mark);
}

test("undamaged, each has all that was acknowledged, a state for each transaction", () => {
  for (const store of [short, fresh, restarted, grown]) {
    store.assertIs(store.last);
    const ends = store.frames.filter(({ isCommit }) => isCommit);
    expect(store.prefixes.length).toBe(ends.length + 1);
    expect(ends.length).toBeGreaterThanOrEqual(6);
  }
  expect(restarted.log.length).toBeGreaterThan(restarted.logEnd);
});

describe("a log", () => {
  test("cut off at every byte of its last four frames", () => {
    const { log, logFile, frameBytes } = short;
    for (let size = log.length; size >= log.length - 4 * frameBytes; size--) {
      ftruncateSync(logFile, size);
      attempt(`cut off at ${size}`, () =>
        assertIs(short, short.before(size), size),
      );
    }
  });

  test(`of which one bit is flipped, ${FLIPS} times (seed ${SEED})`, () => {
    const chance = new SeededChance(SEED);
    const seen = new Set<Prefix>();
    for (let n = 0; n < FLIPS; n++) {
      const store = n % 2 === 0 ? fresh : restarted;
      const byte = chance.below(store.log.length);
      const bit = chance.below(8);
      const prefix = store.before(byte);
      const flipped = Uint8Array.of(store.log[byte]! ^ (1 << bit));
      writeSync(store.logFile, flipped, 0, 1, byte);
      attempt(`bit ${bit} of byte ${byte} flipped`, () =>
        assertIs(store, prefix, n >> 1),
      );
      writeSync(store.logFile, store.log, byte, 1, byte);
      seen.add(prefix);
    }
    // A flip takes at least the last transaction, unless it is in what an older log left.
    expect(seen.size).toBe(
      fresh.prefixes.length + restarted.prefixes.length - 1,
    );
  });

  test("of which sectors did not reach the disk", () => {
    const chance = new SeededChance(SEED);
    for (let n = 0; n < 500; n++) {
      const { log, from } = withoutSectors(fresh, chance);
      writeSync(fresh.logFile, log, 0, log.length, 0);
      attempt(`sectors lost, the ${n}th time`, () =>
        assertIs(fresh, fresh.before(from), n),
      );
    }
  });
});

test("a log that was being copied to the database: none of it is lost, whichever pages were torn", () => {
  const chance = new SeededChance(SEED);
  for (let n = 0; n < 300; n++) {
    const main = halfCopied(fresh, chance);
    ftruncateSync(fresh.mainFile, main.length);
    writeSync(fresh.mainFile, main, 0, main.length, 0);
    attempt(`copied in part, the ${n}th time`, () =>
      fresh.assertIs(fresh.last),
    );
  }
});

describe("a server opens and uses a store", () => {
  test("whose log was cut off", async () => {
    for (const store of [short, restarted, grown]) {
      const { frameBytes, log, logEnd, frames } = store;
      for (const [n] of frames.entries()) {
        // At the last ones, at some of those before, and a byte to either side.
        if (n > 4 && n % 5 !== 0) continue;
        const size = logEnd - n * frameBytes + (n % 3) - 1;
        const left = log.subarray(0, Math.min(size, log.length));
        await usable(store, left, store.before(size));
      }
      await usable(store, log.subarray(0, 0), store.prefixes[0]!);
      await usable(store, log, store.last);
    }
  });

  test("of whose log a bit was flipped", async () => {
    const chance = new SeededChance(SEED + 1);
    for (let n = 0; n < 80; n++) {
      const store = [short, fresh, restarted, grown][n % 4]!;
      const log = Buffer.from(store.log);
      // The first ones are in the header of the log.
      const byte = n < 32 ? n : chance.below(log.length);
      log[byte]! ^= 1 << chance.below(8);
      await usable(store, log, store.before(byte));
    }
  });

  test("the index of whose log is gone, of another time, or garbage", async () => {
    const chance = new SeededChance(SEED + 2);
    const garbage = (bytes: number): Buffer =>
      Buffer.from(Array.from({ length: bytes }, () => chance.below(256)));
    const left = readFileSync(`${fresh.path}-shm`);
    const indexes = [0, 1, 96, 136, 32_767, 32_768, 65_536, 100_000]
      .map(garbage)
      .concat(
        left,
        left.subarray(0, 136),
        Buffer.alloc(32_768, 0xff),
        garbage(32_768),
      );
    for (const index of indexes)
      for (const size of [fresh.log.length, fresh.log.length >> 1]) {
        using copy = fresh.copy();
        const { path } = copy;
        truncateSync(`${path}-wal`, size);
        writeFileSync(`${path}-shm`, index);
        await assertUsable(path, fresh.before(size), "boot");
      }
  });
});

describe("a bit of the database itself, for which there are no checksums", () => {
  test(`flipped ${PAGE_FLIPS} times (seed ${SEED}): every one in a packed text is told`, () => {
    const pages = new StorePages(closedBytes(fresh));
    const chance = new SeededChance(SEED + 3);
    const shares: Partial<Record<Judgement["verdict"], number>> = {};
    for (let n = 0; n < PAGE_FLIPS; n++) {
      const byte = chance.below(pages.bytes.length);
      const bit = chance.below(8);
      const { verdict, error } = pages.flip(byte, bit);
      shares[verdict] = (shares[verdict] ?? 0) + 1;
      attempt(`bit ${bit} of byte ${byte} flipped`, () => {
        if (pages.packed.some(({ from, to }) => byte >= from && byte < to))
          expect(verdict).toBe("payload damaged");
        if (verdict === "refused") expect(error).toBeInstanceOf(Error);
      });
    }
    process.stderr.write(
      `of ${PAGE_FLIPS} flips in ${pages.bytes.length} bytes of flow.db: ${JSON.stringify(shares)}\n`,
    );
    expect(pages.packed.length).toBeGreaterThan(10);
    for (const verdict of ["refused", "payload damaged", "harmless"] as const)
      expect(shares[verdict]).toBeGreaterThan(0);
  });

  test("is an error or an answer to whoever opens and uses the store, and the end of nothing", async () => {
    const chance = new SeededChance(SEED + 4);
    const bytes = closedBytes(fresh);
    let refused = 0;
    for (let n = 0; n < 150; n++) {
      using copy = fresh.copy();
      const { path } = copy;
      rmSync(`${path}-wal`);
      const flipped = Buffer.from(bytes);
      // The first ones are in the header and the schema.
      const byte = n < 75 ? n * 3 : chance.below(bytes.length);
      flipped[byte]! ^= 1 << chance.below(8);
      writeFileSync(path, flipped);
      const opened = opening(path);
      if (opened instanceof BalancerError) refused++;
      else {
        const thrown = await useAll(opened, fresh.last).catch((error) => error);
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(Error);
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
