import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { instances } from "../../flow-balancer/store-commands/instances.ts";
import { sessions } from "../../flow-balancer/store-commands/sessions.ts";
import { tasksClaim } from "../../flow-balancer/store-commands/tasks-claim.ts";
import { tasksList } from "../../flow-balancer/store-commands/tasks-list.ts";
import { tasksShow } from "../../flow-balancer/store-commands/tasks-show.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const COMMANDS = [
  ["tasks list", async ({ where }) => tasksList({}, where, terminal())],
  ["instances", async ({ where }) => instances({ all: false }, where, "json")],
  ["sessions", async ({ where }) => sessions({ all: false }, where, "json")],
  ["tasks show", ({ where }) => tasksShow("task_1", where, "json")],
  ["tasks claim", ({ where }) => tasksClaim("task_1", { as: "ada" }, where)],
] as const satisfies readonly (readonly [
  string,
  (home: StoredHome) => Promise<unknown>,
])[];

const WAYS: readonly (readonly [
  says: string,
  make: (home: string, folder: string) => void,
])[] = [
  [
    "is a symbolic link",
    (home, folder) => {
      mkdirSync(join(folder, "real"), { mode: 0o700 });
      symlinkSync(join(folder, "real"), home);
    },
  ],
  ["is not a directory", (home) => writeFileSync(home, "")],
  [
    "can be written by others (mode 777)",
    (home) => {
      mkdirSync(home);
      chmodSync(home, 0o777);
    },
  ],
  [
    // Only root can give a directory away; root alone reads one without permissions.
    process.getuid?.() === 0
      ? "belongs to the user with id"
      : "is not writable",
    (home) => {
      mkdirSync(home, { mode: 0o000 });
      if (process.getuid?.() === 0) chownSync(home, 12_345, 12_345);
    },
  ],
];

test.each(
  COMMANDS.flatMap((it) => WAYS.map((way) => [...it, ...way] as const)),
)(
  "%s: %p of a home that %s is what is said, not that there is nothing",
  async (_, command, says, make) => {
    using stored = new StoredHome();
    make(stored.home, stored.folder);
    await expect(command(stored)).rejects.toMatchObject({
      code: "UNSAFE_PERMISSIONS",
      message: expect.stringContaining(
        `the home directory ${stored.home} ${says}`,
      ),
      hint: expect.any(String),
    });
  },
);

test("a home that is not there yet has no tasks, wherever it would be made", () => {
  using stored = new StoredHome();
  expect(tasksList({}, stored.where, terminal()).notes).toEqual([
    "There are no tasks yet.",
  ]);
  expect(existsSync(stored.home)).toBe(false);
});

test("the command line says it on stderr and exits with 1; doctor looks no further into such a home", async () => {
  using desk = new Desk();
  const elsewhere = join(desk.home, "elsewhere");
  mkdirSync(elsewhere, { mode: 0o700 });
  writeFileSync(join(elsewhere, "flow.db"), "no database".repeat(1_000));
  const home = join(desk.home, "link");
  symlinkSync(elsewhere, home);
  // What is made there, however shortly, changes the time of the directory.
  const { mtimeNs } = statSync(elsewhere, { bigint: true });
  const env = { FLOW_BALANCER_HOME: home };
  const list = await desk.run(["tasks", "list"], env);
  expect(list).toMatchObject({ code: 1, stdout: "" });
  expect(list.stderr).toContain("is a symbolic link");
  const { code, stdout } = await desk.run(["doctor", "--json"], env);
  expect(code).toBe(1);
  const found: { check: string; mark: string; message: string }[] =
    JSON.parse(stdout).checks;
  expect(found.filter(({ mark }) => mark === "fail")).toMatchObject([
    { check: "home" },
  ]);
  for (const check of ["sqlite", "store"])
    expect(found.find((it) => it.check === check)).toMatchObject({
      mark: "warn",
      message: "not looked at, since the home directory is refused",
    });
  expect(readdirSync(elsewhere)).toEqual(["flow.db"]);
  expect(statSync(elsewhere, { bigint: true }).mtimeNs).toBe(mtimeNs);
});
