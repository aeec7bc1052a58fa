import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import { Blobs } from "../../flow-balancer/store/blobs.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { kill } from "../support/processes.ts";

setDefaultTimeout(30_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0))
    rmSync(folder, { recursive: true, force: true });
});

function newBlobs() {
  const home = mkdtempSync(join(tmpdir(), "blobs-"));
  folders.push(home);
  const folder = join(home, "blobs");
  return { home, folder, blobs: new Blobs(home, new FakeEnv()) };
}

const bytes = (text: string) => Buffer.from(text) as Uint8Array<ArrayBuffer>;
const TEXT = JSON.stringify(
  Array.from({ length: 40 }, (_, n) => ({ n, name: `entry ${n}` })),
);
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name));

/** What reading says, or the text that came of it. */
function reading(blobs: Blobs, name: string): string {
  try {
    return Buffer.from(blobs.read(name, "the state")).toString();
  } catch (thrown) {
    if (!(thrown instanceof BalancerError)) throw thrown;
    return `${thrown.code}: ${thrown.message}`;
  }
}

describe("blobs", () => {
  test("what is written is read; the name is its content's, so the same comes to one file", async () => {
    const { folder, blobs } = newBlobs();
    const [one, other, long] = await Promise.all([
      blobs.write(bytes(TEXT)),
      blobs.write(bytes("")),
      blobs.write(bytes(TEXT.repeat(200))),
    ]);
    expect(reading(blobs, one)).toBe(TEXT);
    expect(reading(blobs, other)).toBe("");
    expect(reading(blobs, long)).toBe(TEXT.repeat(200));
    expect(await blobs.write(bytes(TEXT))).toBe(one);
    expect(filesIn(folder)).toHaveLength(3);
    expect(statSync(join(folder, one.slice(0, 2), one)).size).toBeLessThan(
      TEXT.length / 2,
    );
  });

  test("nobody else may read or list them", async () => {
    const { folder, blobs } = newBlobs();
    const name = await blobs.write(bytes(TEXT));
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(folder)).toBe(0o700);
    expect(mode(join(folder, name.slice(0, 2)))).toBe(0o700);
    expect(mode(join(folder, name.slice(0, 2), name))).toBe(0o600);
  });

  test("a file cut off anywhere is damaged, and says so", async () => {
    const { folder, blobs } = newBlobs();
    const name = await blobs.write(bytes(TEXT));
    const path = join(folder, name.slice(0, 2), name);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(reading(blobs, name)).toStartWith("PAYLOAD_DAMAGED: the state");
    }
    writeFileSync(path, whole);
    expect(reading(blobs, name)).toBe(TEXT);
  });

  test("of 10,000 flipped bits each is seen", async () => {
    const { folder, blobs } = newBlobs();
    const name = await blobs.write(bytes(TEXT));
    const path = join(folder, name.slice(0, 2), name);
    const whole = readFileSync(path);
    let returned = 0;
    let random = 1;
    for (let n = 0; n < 10_000; n++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      const bit = (random >>> 3) % (whole.length * 8);
      const flipped = Buffer.from(whole);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, flipped);
      if (!reading(blobs, name).startsWith("PAYLOAD_DAMAGED")) returned++;
    }
    expect(returned).toBe(0);
  });

  test("another payload under its name, none at all, and what is no name are damaged too", async () => {
    const { folder, blobs } = newBlobs();
    const [name, other] = [
      await blobs.write(bytes(TEXT)),
      await blobs.write(bytes("other")),
    ];
    const path = join(folder, name.slice(0, 2), name);
    writeFileSync(path, readFileSync(join(folder, other.slice(0, 2), other)));
    expect(reading(blobs, name)).toContain("holds something else");
    blobs.remove(name);
    blobs.remove(name);
    expect(reading(blobs, name)).toContain("is not there");
    expect(reading(blobs, "../../../etc/passwd")).toContain("names no file");
  });

  test("those written before a moment are listed, and what killed writers left is cleared away", async () => {
    const { folder, blobs } = newBlobs();
    const [old, young] = [
      await blobs.write(bytes("old")),
      await blobs.write(bytes("young")),
    ];
    const left = join(folder, old.slice(0, 2), ".left");
    writeFileSync(left, "half of");
    utimesSync(left, 1_000, 1_000);
    utimesSync(join(folder, old.slice(0, 2), old), 1_000, 1_000);
    const moment = (statSync(join(folder, young.slice(0, 2), young)).mtimeMs -
      1_000) as EpochMs;
    expect(await blobs.writtenBefore(moment)).toEqual([old]);
    expect(existsSync(left)).toBe(false);
    // Written again, it is young again.
    await blobs.write(bytes("old"));
    expect(await blobs.writtenBefore(moment)).toEqual([]);
  });

  test("a write that fails leaves nothing behind, and says what failed", async () => {
    const { folder, blobs } = newBlobs();
    writeFileSync(folder, "a file, where the folder is to be");
    await expect(blobs.write(bytes(TEXT))).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
    expect(readFileSync(folder, "utf8")).toStartWith("a file");
  });
});

/** So many, or as many as fit into this time. */
const KILLS = 100;
const KILLING_MS = 3_000;
const AT_ONCE = 2;

test("writers killed at any moment: under a name there is always all of it", async () => {
  const { home, folder, blobs } = newBlobs();
  const seen = new Set<string>();
  const torn: string[] = [];
  const look = (all: boolean): void => {
    for (const path of filesIn(folder)) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (name.startsWith(".") || (seen.has(name) && !all)) continue;
      seen.add(name);
      if (reading(blobs, name).startsWith("PAYLOAD_DAMAGED")) torn.push(name);
    }
  };
  let kills = 0;
  // On a machine that is busy with other things it takes as long as it takes.
  const isEnough = (): boolean => kills > 5 && seen.size > 10;
  const endAt = performance.now() + KILLING_MS;
  const loop = async (): Promise<void> => {
    while (!isEnough() || (kills < KILLS && performance.now() < endAt)) {
      const seed = String(++kills * 1_000);
      const child = Bun.spawn(
        [
          process.execPath,
          join(import.meta.dir, "children/write-blobs.ts"),
          home,
          seed,
        ],
        { stdout: "pipe", stderr: "inherit" },
      );
      await child.stdout.getReader().read();
      await Bun.sleep(kills % 17);
      kill(child.pid);
      await child.exited;
    }
  };
  const polling = setInterval(() => existsSync(folder) && look(false), 2);
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  clearInterval(polling);
  look(true);
  expect(torn).toEqual([]);
  expect(isEnough()).toBe(true);
}, 60_000);
