import { afterEach, describe, expect, test } from "bun:test";
import {
  waitWords,
  type Waiting,
} from "../../flow-balancer/commands/explain/waits.ts";
import { runCli } from "./run-cli.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";

const READY: Waiting = {
  queue: "pool",
  holder: null,
  cancelAsked: false,
  pending: 0,
  dueInMs: null,
  group: null,
  ahead: 0,
  servers: 1,
};

describe("a queued task waits for", () => {
  test.each<[Partial<Waiting>, string, string]>([
    [{}, "a worker", "the next of 1 server with room"],
    [{ servers: 0 }, "a server", "None runs on this home"],
    [{ holder: "instance_1", ahead: 2 }, "a worker", "and 2 tasks before it"],
    [{ pending: 1 }, "the task it comes after", "as it needs them to"],
    [{ pending: 3, servers: 0 }, "the 3 tasks it comes after", "as it needs"],
    [{ dueInMs: 42_000 }, "its time: 42 s to go", "a delay"],
    [
      { group: { key: "db\u001b[2J", limit: 1, held: 1 } },
      "a place in its group 'db\\u001b[2J'",
      "1 of 1 are taken",
    ],
    [{ queue: "board", servers: 0 }, "an agent, a person or a script", "claim"],
    [{ holder: "x", cancelAsked: true }, "whoever has it to see", "as soon as"],
  ])("%j", (given, reason, note) => {
    const words = waitWords({ ...READY, ...given });
    expect(words.for).toStartWith(reason);
    expect(words.note).toContain(note);
  });
});

describe("from a store", () => {
  let folder: TemporaryFolder;
  afterEach(() => folder[Symbol.dispose]());

  test("a task of the board is said to wait for whoever claims it", async () => {
    folder = new TemporaryFolder();
    const at = { cwd: folder.path, env: { FLOW_BALANCER_HOME: folder.path } };
    const added = await runCli(["tasks", "add", "Mend it", "--json"], at);
    const [id] = /task_[0-9a-f]+/.exec(added.stdout) ?? [""];
    const { stdout } = await runCli(["explain", id], at);
    expect(stdout).toContain(
      "for    an agent, a person or a script to claim it\n",
    );
    const { stdout: json } = await runCli(["explain", id, "--json"], at);
    expect(JSON.parse(json).waits).toMatchObject({ pending: 0, servers: 0 });
  });
});
