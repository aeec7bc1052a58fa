import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioPeer } from "../../benchmarks/stdio-peer.ts";
import { TemporaryProject } from "../../benchmarks/temporary-project.ts";
import { build } from "../../flow-balancer/commands/build.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flow-balancer-build-"));
  await build(folder);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runTask(kind: string, input: object) {
  using project = new TemporaryProject();
  const peer = new StdioPeer({
    args: [join(folder, "server.js")],
    cwd: project.folder,
    env: project.env,
    era: "modern",
  });
  try {
    await peer.open();
    const { result } = await peer.call("run_task", { kind, input });
    return result?.["structuredContent"];
  } finally {
    await peer.close();
  }
}

test("a build has bytecode beside its JavaScript", () => {
  for (const file of ["server.js.jsc", "child.js.jsc"])
    expect(existsSync(join(folder, file))).toBe(true);
});

test("a build names no folder of the machine it was made on", () => {
  const source = join(import.meta.dir, "../..");
  for (const file of ["server.js", "child.js"])
    expect(readFileSync(join(folder, file), "utf8").includes(source)).toBe(
      false,
    );
});

test("a build has the dashboard's files beside it", () => {
  for (const part of ["html", "js", "css"])
    expect(existsSync(join(folder, `dashboard.${part}`))).toBe(true);
});

test.each([
  ["shell", { argv: ["echo", "built"] }, { exit_code: 0, stdout: "built\n" }],
  ["script", { code: "export default (n: number) => n * 2", args: 21 }, 42],
  ["echo", { serial: 1, text: "a module" }, { serial: 1, text: "a module" }],
])(
  "a built server runs tasks of kind %s, with no node_modules anywhere above it",
  async (kind, input, value) => {
    const answer = await runTask(kind, input);
    expect(answer).toMatchObject({ status: "completed" });
    const got = (answer as { value: unknown }).value;
    if (typeof value === "object") expect(got).toMatchObject(value);
    else expect(got).toBe(value);
  },
  20_000,
);
