import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { status } from "../../flow-balancer/store-commands/status.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const jsonOf = (home: StoredHome) =>
  JSON.parse(status(home.where, "json").data);
const textOf = (home: StoredHome): string =>
  status(home.where, terminal()).data;

describe("flow-balancer status", () => {
  test("exits 3 where nothing was ever stored, and makes nothing", async () => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(["status"]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
    expect(stdout).toStartWith("status  not running\n");
    expect(stdout).toContain("(nothing was stored there yet)");
    const json = await desk.run(["status", "--json"]);
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 1,
      status: "not_running",
      is_stored: false,
      instances: [],
      problems: [],
    });
  });

  test("shows what is stored where no server runs", async () => {
    using home = new StoredHome();
    await home.item(1, "ready");
    await home.item(2, "blocked", { pending: 1 });
    await home.item(3, "in work", {
      state: "running",
      holder: "ada",
      lease_boot: home.env.boot() + 60_000,
    });
    await home.item(4, "over", { state: "completed" });
    const bridge = "shell-bridge";
    const held = { holder: bridge, state: "running" };
    await home.item(5, "offered to scripts", held, bridge);
    const { exitCode } = status(home.where, terminal());
    expect(exitCode).toBe(3);
    expect(jsonOf(home)).toMatchObject({
      status: "not_running",
      is_stored: true,
      board: {
        ready: 2,
        active: 1,
        active_weight: 3,
        blocked: 1,
        items: 5,
      },
    });
    expect(textOf(home)).toContain(
      "board   2 ready, 1 in work (weight 3), 1 waiting for others, 5 in all\n",
    );
  });

  test("counts tasks by the tallies, which cost nothing, whatever their number", async () => {
    using home = new StoredHome();
    await home.insert(
      "tallies",
      { state: "completed", n: 1_234_567 },
      { state: "queued", n: 2 },
    );
    expect(jsonOf(home).tasks).toMatchObject({
      completed: 1_234_567,
      queued: 2,
      failed: 0,
    });
    expect(textOf(home)).toContain("tasks   2 queued, 1,234,567 completed\n");
  });

  test("says which servers run, and how the workers are shared", async () => {
    using home = new StoredHome();
    await home.instance("one", { share: 3 });
    await home.instance("two", { share: 1, wants: 0 });
    const { exitCode, data } = status(home.where, terminal());
    expect(exitCode).toBe(0);
    expect(data).toStartWith(
      "status  running: 2 servers, workers: 1 wanted, 3 + 1 allowed\n",
    );
    expect(jsonOf(home).instances).toMatchObject([
      { id: "instance_one", state: "alive", share: 3, max_workers: 4 },
      { id: "instance_two", state: "alive", share: 1 },
    ]);
  });

  test.each([
    [
      "a server that died beside one that runs, with what it had",
      { pid_started: "1" },
      "is gone, and its 1 task is not back in the queue yet",
    ],
    [
      "a server of before the machine was restarted",
      { boot_id: "another" },
      "is gone",
    ],
  ])("exits 4 for %s", async (_, row, says) => {
    using home = new StoredHome();
    await home.instance("one");
    await home.instance("gone", row, { locked: false });
    await home.task(1, { holder: "instance_gone", state: "running" });
    const { exitCode, data } = status(home.where, terminal());
    expect(exitCode).toBe(4);
    expect(data).toContain(says);
    expect(jsonOf(home)).toMatchObject({
      status: "degraded",
      problems: [expect.stringContaining(says)],
    });
  });

  test("exits 3, not 4, where the only server died: nobody is there to clean up", async () => {
    using home = new StoredHome();
    await home.instance("gone", { pid_started: "1" }, { locked: false });
    expect(status(home.where, terminal()).exitCode).toBe(3);
    expect(jsonOf(home).problems).toHaveLength(1);
  });

  test("exits 4 for a server that holds its lock and says nothing", async () => {
    using home = new StoredHome();
    await home.instance("one");
    home.env.advance(61_000);
    const { exitCode, data } = status(home.where, terminal());
    expect(exitCode).toBe(4);
    expect(data).toContain("has said nothing for 1 min: stopped or overloaded");
  });

  test("exits 4 for leases that a running server does not take back", async () => {
    using home = new StoredHome();
    await home.instance("one");
    const lease_boot = home.env.boot() + 10_000;
    await home.item(1, "x", { holder: "ada", lease_boot, state: "running" });
    home.env.advance(12_000);
    expect(status(home.where, terminal()).exitCode).toBe(0);
    home.env.advance(4_000);
    expect(status(home.where, terminal()).exitCode).toBe(4);
    expect(jsonOf(home).problems).toEqual([
      "1 lease ran out and was not taken back",
    ]);
  });

  test("exits 4 with a reason for a store that cannot be read", async () => {
    using home = new StoredHome();
    await home.task(1);
    // What a kill would leave of the log would mend it.
    for (const end of ["-wal", "-shm"])
      rmSync(home.path + end, { force: true });
    writeFileSync(home.path, "no database".repeat(1_000));
    const { exitCode, data } = status(home.where, terminal());
    expect(exitCode).toBe(4);
    expect(data).toContain("is damaged: file is not a database");
    expect(jsonOf(home)).toMatchObject({ status: "degraded", tasks: null });
  });

  test("exits 4 where the disk is full, and a server runs", async () => {
    using home = new StoredHome();
    await home.instance("one");
    const free = (bytes: number) => ({ freeBytes: () => bytes });
    expect(status(home.where, "json", free(1_048_576)).exitCode).toBe(0);
    const { exitCode, data } = status(home.where, "json", free(20_480));
    expect(exitCode).toBe(4);
    expect(JSON.parse(data)).toMatchObject({
      status: "degraded",
      problems: [
        "the home directory lies on a full disk (20 KiB free). Free some space, or set FLOW_BALANCER_HOME to another disk.",
      ],
    });
  });

  test("reads a store of the first version as it is", () => {
    using home = new StoredHome();
    home.writeOld();
    expect(jsonOf(home)).toMatchObject({
      status: "not_running",
      tasks: { completed: 1 },
      board: null,
    });
  });
});
