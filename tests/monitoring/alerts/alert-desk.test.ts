import { describe, expect, test } from "bun:test";
import type { AlertFacts } from "../../../monitoring/alerts/alert-facts.ts";
import type { AlertNotice } from "../../../monitoring/alerts/alert-notice.ts";
import {
  AlertDesk,
  type AlertDeskParts,
} from "../../../monitoring/alerts/alert-desk.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { alertFacts, beat, GIB } from "../../support/health-facts-given.ts";

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++)
    await new Promise<void>((resolve) => void setImmediate(resolve));
};

class DeskUnderTest {
  readonly env = new FakeEnv();
  readonly told: AlertNotice[] = [];
  readonly logged: string[] = [];
  facts: Partial<AlertFacts> = {};
  leads = true;
  /** Throws to let the hook fail. */
  beforeHook: (notice: AlertNotice) => void | Promise<void> = () => {};
  beforeFacts: () => void = () => {};
  readonly desk: AlertDesk;

  constructor(more: Partial<AlertDeskParts> = {}) {
    this.desk = new AlertDesk({
      env: this.env,
      settings: { enabled: "on", rules: {} },
      origin: { instance: "instance_1", home: "/h" },
      facts: () => {
        this.beforeFacts();
        return alertFacts({ at: this.env.now(), ...this.facts });
      },
      isLeader: () => this.leads,
      hooks: {
        page: async (notice) => {
          await this.beforeHook(notice);
          this.told.push(notice);
        },
      },
      log: (level, event, { rule, reason }) =>
        void this.logged.push(`${level} ${event} ${String(rule ?? reason)}`),
      ...more,
    });
    this.desk.start();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      this.env.advance(Math.min(left, 5_000));
      await settle();
    }
  }

  get heard(): string[] {
    return this.told.map(({ rule, state }) => `${rule} ${state}`);
  }
}

const FULL = { disk: { freeBytes: 1_000 } };
const LATE = { beat: beat({ ageMs: 60_000 }) };

describe("the desk", () => {
  test("looks every few seconds and tells log, listeners and hooks what fires and what clears", async () => {
    const it = new DeskUnderTest();
    const changes: string[] = [];
    const stop = it.desk.onChange(({ alert }) => changes.push(alert.state));
    await it.pass(60_000);
    expect(it.desk.current()).toEqual([]);
    it.facts = FULL;
    await it.pass(15_000);
    expect(it.heard).toEqual(["disk firing"]);
    expect(it.told[0]).toMatchObject({
      schema: 1,
      instance: "instance_1",
      home: "/h",
      value: 1_000,
      at: it.env.now(),
    });
    expect(it.desk.current()).toMatchObject([{ rule: "disk" }]);
    it.facts = { disk: { freeBytes: GIB } };
    await it.pass(5_000);
    expect(it.heard).toEqual(["disk firing", "disk cleared"]);
    expect(it.logged).toEqual([
      "error alert.firing disk",
      "warn alert.cleared disk",
    ]);
    expect(changes).toEqual(["firing", "cleared"]);
    stop();
    it.facts = FULL;
    await it.pass(15_000);
    expect(changes).toHaveLength(2);
  });

  test("shows what fires before what may", async () => {
    const it = new DeskUnderTest();
    it.facts = { ...FULL, wal: { bytes: 2 * GIB } };
    await it.pass(15_000);
    expect(
      it.desk.current().map(({ rule, state }) => `${rule} ${state}`),
    ).toEqual(["disk firing", "wal_size pending"]);
  });

  test("that does not lead tells hooks of itself alone, until it takes over", async () => {
    const it = new DeskUnderTest();
    it.leads = false;
    it.facts = { ...FULL, ...LATE };
    await it.pass(20_000);
    expect(it.heard).toEqual(["heartbeat_late firing"]);
    expect(it.logged).toEqual([
      "error alert.firing heartbeat_late",
      "debug alert.firing disk",
    ]);
    it.leads = true;
    await it.pass(20_000);
    expect(it.heard).toEqual(["heartbeat_late firing", "disk firing"]);
  });

  test("of two on a home, one calls the hooks", async () => {
    const [a, b] = [new DeskUnderTest(), new DeskUnderTest()];
    b.leads = false;
    for (const it of [a, b]) it.facts = FULL;
    await Promise.all([a.pass(20_000), b.pass(20_000)]);
    expect([a.heard, b.heard]).toEqual([["disk firing"], []]);
    expect(b.desk.current()).toMatchObject([{ rule: "disk" }]);
  });

  test("goes on after a hook, a listener and the facts failed, and tells of each once", async () => {
    const it = new DeskUnderTest();
    it.desk.onChange(() => {
      throw new Error("bad listener");
    });
    it.beforeHook = () => {
      throw new Error("no route");
    };
    for (let swing = 0; swing < 3; swing++) {
      it.facts = FULL;
      await it.pass(15_000);
      it.facts = {};
      await it.pass(5_000);
    }
    it.beforeFacts = () => {
      throw new Error("EIO");
    };
    await it.pass(20_000);
    const count = (line: string) =>
      it.logged.filter((logged) => logged === line).length;
    expect(count("warn alert.hook_failed no route")).toBe(1);
    expect(count("warn alert.look_failed EIO")).toBe(1);
    it.beforeFacts = () => {};
    it.beforeHook = () => {};
    it.facts = FULL;
    await it.pass(15_000);
    expect(it.heard).toEqual(["disk firing"]);
  });

  test("tells a hook in order, one at a time, and waits for none", async () => {
    const it = new DeskUnderTest();
    const held = Promise.withResolvers<void>();
    it.beforeHook = () => held.promise;
    it.facts = FULL;
    await it.pass(15_000);
    it.facts = LATE;
    await it.pass(15_000);
    expect(it.heard).toEqual([]);
    expect(it.logged.at(-1)).toBe("error alert.firing heartbeat_late");
    held.resolve();
    await settle();
    expect(it.heard).toEqual([
      "disk firing",
      "disk cleared",
      "heartbeat_late firing",
    ]);
  });

  test("does nothing when alerts are off, and nothing more once it has stopped", async () => {
    const off = new DeskUnderTest({ settings: { enabled: "off", rules: {} } });
    expect(off.env.waiting).toBe(0);
    const it = new DeskUnderTest();
    it.facts = FULL;
    await it.pass(10_000);
    await it.desk.stop();
    expect(it.env.waiting).toBe(0);
    await it.pass(60_000);
    expect(it.heard).toEqual([]);
  });
});
