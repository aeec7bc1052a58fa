import { afterEach, describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  createSharedFile,
  mapSharedFile,
  unmap,
  type SharedFile,
} from "../../flow-balancer/worker/shared-file.ts";
import { kill } from "../support/processes.ts";
import { until, within } from "../support/until.ts";

const PEER = join(import.meta.dir, "children/shared-memory-peer.ts");
const CREATE = join(import.meta.dir, "children/create-file.ts");

const atTheEnd: (() => void)[] = [];
afterEach(() => {
  for (const end of atTheEnd.splice(0).reverse()) end();
});

function make(bytes = 1_024): SharedFile {
  const file = createSharedFile(bytes);
  if (file === null) throw new Error("no shared file to be had");
  atTheEnd.push(file.close);
  return file;
}

const maps = (): number =>
  readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("/dev/shm/")).length;

describe.skipIf(!existsSync("/dev/shm"))("shared memory", () => {
  test("carries plain and atomic stores between processes, in compiled loops too", async () => {
    const { memory, ticket } = make();
    const words = new Int32Array(memory.buffer, memory.byteOffset, 16);
    const doubles = new Float64Array(memory.buffer, memory.byteOffset + 64, 8);
    const peer = Bun.spawn([process.execPath, PEER, JSON.stringify(ticket)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    atTheEnd.push(() => kill(peer.pid));
    const first = await until("a first store", () => words[0] || null);
    await until("further stores", () => words[0] !== first);
    expect(doubles[0]! % 1).toBe(0.5);
    words[1] = 1;
    await until("the plain store to be seen", () => words[2] === 1);
    const before = Atomics.load(words, 4);
    await until("atomic adds", () => Atomics.load(words, 4) > before + 1_000);
    Atomics.store(words, 3, 41);
    expect(await within("end", peer.exited)).toBe(0);
    expect(words[5]).toBe(42);
  });

  test("is zeros, has no name, and belongs to its user alone", () => {
    const { memory, ticket } = make(5_000);
    expect(memory.length).toBe(5_000);
    expect(memory.every((byte) => byte === 0)).toBe(true);
    const descriptor = openSync(ticket.path, "r");
    const { nlink, mode } = fstatSync(descriptor);
    closeSync(descriptor);
    // The kernel frees what has no name with its last user, however that one ends.
    expect(nlink).toBe(0);
    expect(mode & 0o777).toBe(0o600);
  });

  test("has its pages before anybody stores to them", () => {
    const { ticket } = make(3_000_000);
    const descriptor = openSync(ticket.path, "r");
    const { blocks, size } = fstatSync(descriptor);
    closeSync(descriptor);
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  });

  test("begins on a cache line", () => {
    expect(make().memory.byteOffset % 64).toBe(0);
  });

  test("cannot be mapped any more once it is closed, and stays mapped where it was", () => {
    const file = make();
    const second = mapSharedFile(file.ticket)!;
    file.close();
    file.close();
    expect(mapSharedFile(file.ticket)).toBeNull();
    file.memory[7] = 99;
    expect(second[7]).toBe(99);
  });

  test("is not mistaken for another file that got its descriptor's number", () => {
    const directory = mkdtempSync(join(tmpdir(), "shared-file-"));
    atTheEnd.push(() => rmSync(directory, { recursive: true }));
    const precious = join(directory, "precious");
    const file = make();
    const size = file.memory.byteOffset + file.memory.length;
    writeFileSync(precious, new Uint8Array(size).fill(1));
    file.close();
    const number = Number(basename(file.ticket.path));
    const opened: number[] = [];
    do opened.push(openSync(precious, "r+"));
    while (opened.at(-1)! < number);
    expect(opened).toContain(number);
    expect(mapSharedFile(file.ticket)).toBeNull();
    for (const descriptor of opened) closeSync(descriptor);
    expect(readFileSync(precious).every((byte) => byte === 1)).toBe(true);
  });

  test("is not mapped with another size than was agreed", () => {
    const { ticket } = make(1_024);
    expect(mapSharedFile({ ...ticket, bytes: 1_025 })).toBeNull();
    expect(mapSharedFile({ ...ticket, bytes: 960 })).toBeNull();
    expect(mapSharedFile(ticket)).toHaveLength(1_024);
  });

  test("is unmapped at once, not at some collection", () => {
    const before = maps();
    const { memory } = make(1_048_576);
    const view = new Int32Array(memory.buffer);
    expect(maps()).toBe(before + 1);
    unmap(memory);
    expect(maps()).toBe(before);
    expect([memory.length, view.length]).toEqual([0, 0]);
  });
});

describe("no shared memory", () => {
  test("where there is no such directory", () => {
    expect(createSharedFile(64, "/nowhere/to/be/found")).toBeNull();
  });

  test.skipIf(process.platform !== "linux")(
    "where there is no room: a failure, and no crash at a later store",
    async () => {
      const asked = async (bytes: number): Promise<string> => {
        // 64 blocks of 512 bytes or of 1 KiB, as the shell counts; no signal for going beyond.
        const child = Bun.spawn(
          [
            "/bin/sh",
            "-c",
            'trap "" XFSZ; ulimit -f 64; exec "$0" "$@"',
            process.execPath,
            CREATE,
            String(bytes),
          ],
          { stdout: "pipe", stderr: "inherit" },
        );
        return within("answer", child.stdout.text());
      };
      expect(await asked(16_384)).toBe("made");
      expect(await asked(1_048_576)).toBe("null");
    },
  );

  test.skipIf(!existsSync("/proc/self/fd"))(
    "leaves no descriptor behind when it fails",
    () => {
      const open = () => readdirSync("/proc/self/fd").length;
      const before = open();
      expect(createSharedFile(Number.NaN)).toBeNull();
      expect(createSharedFile(64, "/nowhere")).toBeNull();
      expect(open()).toBeLessThanOrEqual(before);
    },
  );

  test("no map of what is not there", () => {
    const ticket = { path: "/nowhere", bytes: 64, token: "00" };
    expect(mapSharedFile(ticket)).toBeNull();
  });
});
