import { expect, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Database } from "bun:sqlite";
import {
  checkFolders,
  checkStore,
} from "../../flow-balancer/commands/doctor/store.ts";
import { probeStore } from "../../flow-balancer/store-commands/probe-store.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome } from "./stored-home.ts";

const storeOf = ({ home }: StoredHome) => checkStore(home, probeStore);

test("a store that is sound, and one that is not there yet, are found well, and left as they are", async () => {
  using stored = new StoredHome();
  mkdirSync(stored.home, { mode: 0o700 });
  expect(storeOf(stored)).toMatchObject({
    mark: "ok",
    message: `${stored.path} (made at the first start)`,
  });
  expect(readdirSync(stored.home)).toEqual([]);
  await stored.task(1);
  const before = readFileSync(stored.path);
  expect(storeOf(stored)).toMatchObject({ mark: "ok", message: stored.path });
  expect(readFileSync(stored.path).equals(before)).toBe(true);
});

test("a store that is no database fails, and is left as it is", () => {
  using stored = new StoredHome();
  mkdirSync(stored.home, { mode: 0o700 });
  writeFileSync(stored.path, "no database".repeat(1_000));
  const before = readFileSync(stored.path);
  const { mark, message, fix } = storeOf(stored);
  expect([mark, message]).toEqual([
    "fail",
    `${stored.path} is damaged: file is not a database`,
  ]);
  expect(fix).toContain("move it away");
  expect(readFileSync(stored.path).equals(before)).toBe(true);
});

test("a directory, and a link to nowhere, in the place of the store fail", () => {
  using stored = new StoredHome();
  mkdirSync(stored.path, { recursive: true, mode: 0o700 });
  expect(storeOf(stored)).toMatchObject({
    mark: "fail",
    message: `${stored.path} is not a file`,
  });
  rmSync(stored.path, { recursive: true });
  symlinkSync("nowhere", stored.path);
  expect(storeOf(stored).mark).toBe("fail");
});

test("a store with a page that makes no sense fails, though it opens", async () => {
  using stored = new StoredHome();
  for (let seq = 1; seq <= 50; seq++) await stored.task(seq);
  const raw = new Database(stored.path);
  const copy = join(stored.home, "copy.db");
  raw.run("VACUUM INTO ?", [copy]);
  const [rootPage, pageSize] = raw
    .query(
      "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'tasks'",
    )
    .values()[0] as [number, number];
  raw.close();
  expect(probeStore(copy)).toEqual({ type: "sound" });
  const bytes = readFileSync(copy);
  bytes.fill(0x5a, (rootPage - 1) * pageSize, rootPage * pageSize);
  writeFileSync(copy, bytes);
  expect(probeStore(copy)).toMatchObject({
    type: "wrong",
    reason: expect.stringContaining(`${copy} is damaged: `),
  });
  expect(readFileSync(copy).equals(bytes)).toBe(true);
});

test("what is in the way of the folders of a home is found: of servers it fails, of scripts it warns", () => {
  using stored = new StoredHome();
  mkdirSync(stored.home, { mode: 0o700 });
  const marks = () => checkFolders(stored.home).map(({ mark }) => mark);
  expect(marks()).toEqual(["ok", "ok"]);
  mkdirSync(join(stored.home, "instances"));
  mkdirSync(join(stored.home, "claims"));
  expect(marks()).toEqual(["ok", "ok"]);
  for (const name of ["instances", "claims"]) {
    rmSync(join(stored.home, name), { recursive: true });
    writeFileSync(join(stored.home, name), "");
  }
  expect(checkFolders(stored.home)).toMatchObject([
    {
      check: "instances",
      mark: "fail",
      message: `${join(stored.home, "instances")} is not a directory: no server can start`,
    },
    {
      check: "claims",
      mark: "warn",
      message: `${join(stored.home, "claims")} is not a directory: scripts are offered no work`,
    },
  ]);
  rmSync(join(stored.home, "claims"));
  symlinkSync(stored.folder, join(stored.home, "claims"));
  expect(marks()).toEqual(["fail", "warn"]);
});

test("the command line shows all of it", async () => {
  using desk = new Desk();
  writeFileSync(join(desk.home, "flow.db"), "no database".repeat(1_000));
  writeFileSync(join(desk.home, "claims"), "");
  const { code, stdout } = await desk.run(["doctor"], {
    FLOW_BALANCER_HOME: desk.home,
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}store .*file is not a database$/m);
  expect(stdout).toMatch(/^warn {2}claims .*offered no work$/m);
});
