import { expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "./support/temporary-folder.ts";

const SCRIPT = join(import.meta.dir, "../.ci/system-packages");
const BASH = Bun.which("bash") ?? "/bin/bash";

/** Run where there are these programs, which do nothing, and `id`, and no others. */
async function installed(there: readonly string[], ...names: string[]) {
  using folder = new TemporaryFolder();
  // What apt-get is asked for is there afterwards.
  const apt = `#!${BASH}\necho "apt-get $*"\nfor name in "$@"; do case $name in prometheus) : > ${folder.path}/promtool; ${Bun.which("chmod")} +x ${folder.path}/promtool;; esac; done\n`;
  const programs = { id: `#!${BASH}\necho 0\n`, "apt-get": apt };
  for (const name of [...there, "id"])
    chmodSync(
      folder.file(name, programs[name as "id"] ?? `#!${BASH}\n`),
      0o755,
    );
  const run = Bun.spawnSync([BASH, SCRIPT, ...names], {
    env: { PATH: folder.path },
    stdin: "ignore",
  });
  return {
    exitCode: run.exitCode,
    said: `${run.stdout}${run.stderr}`.trim().split("\n"),
  };
}

test("what is there is not installed again", async () => {
  const { exitCode, said } = await installed([
    "chromium",
    "promtool",
    "tmux",
    "apt-get",
  ]);
  expect(exitCode).toBe(0);
  expect(said).toEqual([
    "chromium: chromium is there",
    "prometheus: promtool is there",
    "tmux: tmux is there",
  ]);
});

test("of what is asked for only that is installed which is missing", async () => {
  const { exitCode, said } = await installed(
    ["chromium", "apt-get"],
    "chromium",
    "prometheus",
  );
  expect(said).toEqual([
    "chromium: chromium is there",
    "installing: prometheus",
    "apt-get update -qq",
    "apt-get install -y -qq --no-install-recommends prometheus",
    "prometheus: installed",
  ]);
  expect(exitCode).toBe(0);
});

test("a package that brought no program, a system without apt-get and an unknown name are failures", async () => {
  const empty = await installed(["apt-get"], "tmux");
  expect(empty.said.at(-1)).toContain("there is no tmux");
  expect(empty.exitCode).toBe(1);
  const elsewhere = await installed([], "tmux");
  expect(elsewhere.said.at(-1)).toContain("install by hand: tmux");
  expect(elsewhere.exitCode).toBe(1);
  const unknown = await installed([], "vim");
  expect(unknown.said.at(-1)).toContain("unknown package 'vim'");
  expect(unknown.exitCode).toBe(2);
});
