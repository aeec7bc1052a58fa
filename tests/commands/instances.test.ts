import { describe, expect, test } from "bun:test";
import { instances } from "../../flow-balancer/store-commands/instances.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const HOUR = 3_600_000;

async function severalServers(home: StoredHome): Promise<void> {
  const now = home.env.now();
  await home.instance("a");
  await home.instance("b", { pid_started: "1" }, { locked: false });
  await home.instance(
    "c",
    { ended_at: now - HOUR, end: "stopped" },
    { locked: false },
  );
  await home.instance(
    "d",
    { ended_at: now - 2 * HOUR, end: "died" },
    { locked: false },
  );
  await home.task(1, { holder: "instance_a" });
}

describe("flow-balancer instances", () => {
  test("shows those that run, then how the others ended", async () => {
    using home = new StoredHome();
    await severalServers(home);
    const { data } = instances({ all: false }, home.where, terminal());
    const lines = data.split("\n");
    expect(lines[0]).toMatch(
      /^id +pid +state +front +started +at +heartbeat +ended +workers +wants +holds +project$/,
    );
    expect(lines[1]).toMatch(
      /^instance_a +\d+ +alive +stdio +2 min +22:11:20 +0 ms +2\/4 +1 +1 +\/home\/ada\/project$/,
    );
    expect(lines.slice(2).map((line) => line.split(/ +/)[2])).toEqual([
      "gone",
      "stopped",
      "died",
    ]);
    expect(lines[3]).toMatch(/stdio +2 min +22:11:20 +60 min +0 +\/home/);
  });

  test("gives programs all of it", async () => {
    using home = new StoredHome();
    await severalServers(home);
    home.env.advance(2_000);
    const { data } = instances({ all: false }, home.where, "json");
    const { schema, instances: rows } = JSON.parse(data);
    expect(schema).toBe(1);
    expect(rows[0]).toEqual({
      id: "instance_a",
      pid: process.pid,
      state: "alive",
      transport: "stdio",
      project_root: "/home/ada/project",
      version: "1.0.0",
      started_at: new Date(home.env.now() - 122_000).toISOString(),
      heartbeat_age_ms: 2_000,
      ended_at: null,
      share: 2,
      max_workers: 4,
      wants: 1,
      tasks_held: 1,
    });
    expect(rows[2]).toMatchObject({
      id: "instance_c",
      state: "stopped",
      ended_at: new Date(home.env.now() - 2_000 - HOUR).toISOString(),
    });
  });

  test("leaves out what ended long ago unless all are asked for", async () => {
    using home = new StoredHome();
    for (let n = 0; n < 12; n++)
      await home.instance(
        `i${n}`,
        { ended_at: n, end: "stopped" },
        { locked: false },
      );
    const shown = (all: boolean): string[] =>
      JSON.parse(instances({ all }, home.where, "json").data).instances.map(
        ({ id }: { id: string }) => id,
      );
    expect(shown(false)).toHaveLength(10);
    expect(shown(false)[0]).toBe("instance_i11");
    expect(shown(true)).toHaveLength(12);
  });

  test("fits a terminal, in colours, and is steered by no name", async () => {
    using home = new StoredHome();
    await home.instance(
      "evil",
      { project_root: "/home/\u001b[2J\u009b31m\nx", pid_started: "1" },
      { locked: false },
    );
    const { data } = instances({ all: false }, home.where, terminal(70, true));
    for (const line of data.split("\n"))
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(70);
    expect(data).toContain("\u001b[31m");
    expect(data).not.toContain("\u001b[2J");
    expect(data).not.toContain("\u009b");
  });

  test("says on stderr that there are none, and exits 0", async () => {
    using desk = new Desk();
    expect(await desk.run(["instances"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "No server has been here yet.\n",
    });
    const { stdout } = await desk.run(["instances", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ schema: 1, instances: [] });
  });
});
