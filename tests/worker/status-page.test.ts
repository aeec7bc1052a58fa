import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { JOB_LANES } from "../../flow-balancer/core/job-lanes.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  createSharedFile,
  unmap,
} from "../../flow-balancer/worker/shared-file.ts";
import {
  STATUS_PAGE_BYTES,
  StatusPageReader,
  StatusPageWriter,
  type JobPhase,
} from "../../flow-balancer/worker/status-page.ts";
import { kill } from "../support/processes.ts";
import { until, within } from "../support/until.ts";

const WRITER = join(import.meta.dir, "children/page-writer.ts");
const GENERATION = 7;

const atTheEnd: (() => void)[] = [];
afterEach(() => {
  for (const end of atTheEnd.splice(0).reverse()) end();
});

function page(memory = new Uint8Array(STATUS_PAGE_BYTES)) {
  const clock = { now: 1_000_000, mono: 0 };
  const writer = new StatusPageWriter(memory, {
    generation: GENERATION,
    beatEveryMs: 100,
    now: () => clock.now,
    mono: () => clock.mono,
  });
  const reader = new StatusPageReader(memory, GENERATION);
  return { memory, clock, writer, reader };
}

const jobs = fc
  .tuple(
    fc.integer({ min: 0, max: 2 ** 44 - 1 }),
    fc.integer({ min: 0, max: 63 }),
  )
  .map(([turn, lane]) => turn * JOB_LANES + lane);

describe("a status page", () => {
  test("says starting, idle, running, and what of", () => {
    const { writer, reader, clock } = page();
    expect(reader.read()).toEqual({
      state: "starting",
      beats: 0,
      lagMs: 0,
      inFlight: 0,
      done: 0,
      job: null,
      startedAt: null,
    });
    writer.ready();
    expect(reader.read()).toMatchObject({ state: "idle" });
    writer.accepted(64);
    expect(reader.read()).toMatchObject({
      state: "running",
      inFlight: 1,
      job: 64,
      startedAt: null,
    });
    clock.now = 1_000_500;
    writer.started(64);
    expect(reader.read()).toMatchObject({ job: 64, startedAt: 1_000_500 });
    writer.answered(64);
    expect(reader.read()).toMatchObject({
      state: "idle",
      inFlight: 0,
      done: 1,
    });
  });

  test("counts beats and says how late the last one was", () => {
    const { writer, reader, clock } = page();
    clock.mono = 100;
    writer.beat();
    expect(reader.read()).toMatchObject({ beats: 1, lagMs: 0 });
    clock.mono = 950;
    writer.beat();
    expect(reader.read()).toMatchObject({ beats: 2, lagMs: 750 });
    clock.mono = 1_000;
    writer.beat();
    expect(reader.read()).toMatchObject({ beats: 3, lagMs: 0 });
  });

  test("keeps, for each lane, the last job and how far it came", () => {
    const phases = [
      "accepted",
      "started",
      "effectsDeclared",
      "answered",
    ] as const;
    const named: Record<(typeof phases)[number], JobPhase> = {
      accepted: "accepted",
      started: "started",
      effectsDeclared: "effects_declared",
      answered: "answered",
    };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(jobs, fc.constantFrom(...phases)), { maxLength: 40 }),
        (steps) => {
          const { writer, reader } = page();
          const last = new Map<number, { job: number; phase: string }>();
          for (const [job, step] of steps) {
            writer[step](job);
            last.set(job % JOB_LANES, { job, phase: named[step] });
          }
          for (let lane = 0; lane < JOB_LANES; lane++)
            expect(reader.lane(lane)).toEqual(
              (last.get(lane) as { job: number; phase: JobPhase }) ?? {
                job: -1,
                phase: "none",
              },
            );
        },
      ),
    );
  });

  test("is not believed before its worker wrote it, of an older worker, or unmapped", () => {
    const { memory, reader } = page();
    expect(new StatusPageReader(memory, GENERATION + 1).read()).toBeNull();
    expect(new StatusPageReader(memory, GENERATION + 1).lane(0)).toBeNull();
    const blank = new StatusPageReader(new Uint8Array(STATUS_PAGE_BYTES), 0);
    expect([blank.read(), blank.lane(0)]).toEqual([null, null]);
    unmap(memory);
    expect([reader.read(), reader.lane(0)]).toEqual([null, null]);
  });

  test("has room in the memory it is given, wherever that begins, and writes nothing beside it", () => {
    const around = new Uint8Array(STATUS_PAGE_BYTES + 128).fill(0xee);
    const memory = around.subarray(64, 64 + STATUS_PAGE_BYTES).fill(0);
    const { writer, reader } = page(memory);
    writer.accepted(63);
    expect(reader.lane(63)).toEqual({ job: 63, phase: "accepted" });
    expect(around.subarray(0, 64).every((byte) => byte === 0xee)).toBe(true);
    expect(around.subarray(-64).every((byte) => byte === 0xee)).toBe(true);
  });

  test("in the middle of a write: no line is read, the lanes are", () => {
    const { memory, clock, writer, reader } = page();
    writer.ready();
    const halfWay: unknown[] = [];
    const dying = new StatusPageWriter(memory, {
      generation: GENERATION,
      beatEveryMs: 100,
      // Asked for in the middle of the line.
      now: () => {
        halfWay.push(reader.read(), reader.lane(9));
        return clock.now;
      },
      mono: () => clock.mono,
    });
    dying.accepted(9);
    dying.started(9);
    expect(halfWay).toEqual([null, { job: 9, phase: "started" }]);
    expect(reader.read()).toMatchObject({ job: 9, startedAt: clock.now });
  });

  test("scribbled over: what is read is nothing, or of the types and ranges it has to be", () => {
    const amount = (value: number) => Number.isSafeInteger(value) && value >= 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            // The mark, the sequence and the generation are left alone: other values are refused at once.
            fc.integer({ min: 12, max: STATUS_PAGE_BYTES - 1 }),
            fc.integer({ min: 0, max: 255 }),
          ),
          { maxLength: 60 },
        ),
        (scribbles) => {
          const { memory, writer, reader } = page();
          writer.accepted(1);
          writer.started(1);
          for (const [at, byte] of scribbles) memory[at] = byte;
          const reading = reader.read();
          if (reading !== null) {
            const { state, startedAt, job, inFlight } = reading;
            expect(["starting", "idle", "running"]).toContain(state);
            expect(amount(reading.beats) && amount(reading.done)).toBe(true);
            expect(amount(reading.lagMs) && amount(inFlight)).toBe(true);
            expect(inFlight).toBeLessThanOrEqual(JOB_LANES);
            expect(job === null || amount(job)).toBe(true);
            expect(startedAt === null || startedAt >= 0).toBe(true);
          }
          for (let lane = 0; lane < JOB_LANES; lane++) {
            const record = reader.lane(lane);
            if (record === null || record.job === -1) continue;
            expect(record.job % JOB_LANES).toBe(lane);
            expect(amount(record.job)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe.skipIf(!existsSync("/dev/shm"))(
  "a page another process writes",
  () => {
    test("is never read torn, while it is written or after the writer was killed", async () => {
      for (let round = 0; round < 3; round++) {
        const file = createSharedFile(STATUS_PAGE_BYTES)!;
        atTheEnd.push(file.close);
        const reader = new StatusPageReader(file.memory, GENERATION);
        const writer = Bun.spawn(
          [process.execPath, WRITER, JSON.stringify(file.ticket)],
          { stdio: ["ignore", "ignore", "inherit"] },
        );
        atTheEnd.push(() => kill(writer.pid));
        await until("the first job", () => (reader.read()?.done ?? 0) > 0);
        // On a busy machine the writer may stand still for many looks.
        const lines = new Set<number | null>();
        const lanes = new Set<string>();
        await until("all it writes, in lines and in its lane", () => {
          for (let look = 0; look < 5_000; look++) {
            lines.add(wholeLine(reader));
            lanes.add(wholeLane(reader));
          }
          return lines.size > WRITTEN.length && lanes.size >= 8;
        });
        kill(writer.pid);
        await within("end", writer.exited);
        wholeLine(reader);
        expect(lanes).toContain(wholeLane(reader));
      }
    }, 30_000);
  },
);

const WRITTEN = [5, 2 ** 31 + 5, 2 ** 40 + 64 + 5, 2 ** 49 + 128 + 5];

/** The job of the line, null if there is none to be read; throws if it is not what page-writer.ts writes. */
function wholeLine(reader: StatusPageReader): number | null {
  const reading = reader.read();
  if (reading === null || reading.job === null) return null;
  const { job, startedAt } = reading;
  if (!WRITTEN.includes(job)) throw new Error(`a job nobody had: ${job}`);
  if (startedAt !== null && startedAt !== job)
    throw new Error(`torn: job ${job} and ${startedAt}`);
  return job;
}

function wholeLane(reader: StatusPageReader): string {
  const record = reader.lane(5);
  if (record === null || !WRITTEN.includes(record.job))
    throw new Error(`a torn lane: ${JSON.stringify(record)}`);
  return JSON.stringify(record);
}
