import { describe, expect, test } from "bun:test";
import { sessions } from "../../flow-balancer/store-commands/sessions.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

async function someSessions(home: StoredHome): Promise<void> {
  const now = home.env.now();
  await home.insert(
    "sessions",
    {
      id: "session_a",
      name: "morning",
      opened_at: now - 3 * 60_000,
      last_used_at: now - 5_000,
      version: 2,
      state_bytes: 1_500,
    },
    {
      id: "session_b",
      name: "evil \u001b[31m\n日本",
      opened_at: now - 2_000,
    },
    { id: "session_c", opened_at: now - 9_000, closed_at: now },
  );
  await home.task(1, { session: "session_a", holder: "instance_a" });
}

describe("flow-balancer sessions", () => {
  test("shows the open ones, the last used first, as one line each", async () => {
    using home = new StoredHome();
    await someSessions(home);
    const { data } = sessions({ all: false }, home.where, terminal());
    const lines = data.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(
      /^session_a +warming +1 +1 +2 +1\.5 kB +3 min +now +22:13:20 +morning$/,
    );
    expect(lines[2]).toMatch(
      /^session_b +resting +2 s +evil \\u001b\[31m\\n日本$/,
    );
  });

  test("shows closed ones when asked, and gives programs all of it", async () => {
    using home = new StoredHome();
    await someSessions(home);
    const { data } = sessions({ all: true }, home.where, "json");
    const { schema, sessions: rows } = JSON.parse(data);
    expect(schema).toBe(1);
    expect(rows).toHaveLength(3);
    expect(rows.at(-1)).toEqual({
      id: "session_c",
      name: null,
      state: "closed",
      tasks_in_flight: 0,
      tasks_per_minute: 0,
      version: 0,
      bytes: 0,
      opened_at: new Date(home.env.now() - 9_000).toISOString(),
      last_used_at: null,
      closed_at: new Date(home.env.now()).toISOString(),
    });
  });

  test("fits a terminal", async () => {
    using home = new StoredHome();
    await someSessions(home);
    const { data } = sessions({ all: true }, home.where, terminal(50));
    for (const line of data.split("\n"))
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(50);
    expect(data).toContain("session_a");
  });

  test("reads a store of the first version as it is", () => {
    using home = new StoredHome();
    home.writeOld();
    expect(sessions({ all: true }, home.where, "json").data).toBe(
      '{"schema":1,"sessions":[]}',
    );
  });

  test.each([
    [["sessions"], "There are no open sessions.\n"],
    [["sessions", "--all"], "There are no sessions yet.\n"],
    [["tasks", "list"], "There are no tasks yet.\n"],
  ])(
    "%j says on stderr that there are none, and exits 0",
    async (args, stderr) => {
      using desk = new Desk();
      expect(await desk.run(args)).toEqual({ code: 0, stdout: "", stderr });
    },
  );
});
