import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync, chmodSync } from "node:fs";
import { dirname } from "node:path";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);
const server = sharedServer();

/** What a task that was recorded, run and failed says. */
async function failed(
  input: unknown,
  code: string,
  message: string,
  kind = "shell",
): Promise<void> {
  const result = await server.client.call("run_task", { kind, input });
  expect(result).toMatchObject({
    isError: true,
    structuredContent: {
      status: "failed",
      error: {
        code,
        message: expect.stringContaining(message),
        retryable: false,
      },
    },
  });
}

describe("commands", () => {
  test("argv that is empty, no array, unnamed or holds a NUL", async () => {
    for (const argv of [[], "ls", [1], [null], undefined, {}])
      await failed(
        { argv },
        "INVALID_COMMAND",
        "/argv: expected a non-empty array of strings",
      );
    await failed({ argv: [""] }, "INVALID_COMMAND", "/argv/0");
    await failed(
      { argv: ["echo", "a\0b"] },
      "INVALID_COMMAND",
      "/argv/1: contains a NUL byte",
    );
  });

  test("an argument of 200 KB names the kernel's limit; many that are too much together say so too", async () => {
    await failed(
      { argv: ["echo", "x".repeat(200_000)] },
      "ARG_TOO_LONG",
      "200000 bytes, the kernel's limit is 131071",
    );
    await failed(
      {
        argv: [
          "echo",
          ...Array.from({ length: 40 }, () => "x".repeat(100_000)),
        ],
      },
      "ARG_TOO_LONG",
      "together",
    );
  });

  test("a program that is not there, is no file or may not be run", async () => {
    const { place } = server.client;
    writeFileSync(place.path("plain.txt"), "text");
    writeFileSync(place.path("bad-format"), "\x7fELFnonsense");
    chmodSync(place.path("bad-format"), 0o755);
    await failed(
      { argv: ["no-such-program-here"] },
      "COMMAND_NOT_FOUND",
      "not on the PATH",
    );
    await failed({ argv: ["./no-such-file"] }, "COMMAND_NOT_FOUND", "no file");
    await failed(
      { argv: ["./plain.txt/x"] },
      "COMMAND_NOT_FOUND",
      "plain.txt/x",
    );
    await failed(
      { argv: [`./${"n".repeat(5_000)}`] },
      "COMMAND_NOT_FOUND",
      "nnn",
    );
    await failed({ argv: ["n".repeat(5_000)] }, "COMMAND_NOT_FOUND", "nnn");
    await failed({ argv: ["./plain.txt"] }, "EXEC_FAILED", "not executable");
    await failed({ argv: ["/tmp"] }, "EXEC_FAILED", "not a file");
    await failed({ argv: ["./bad-format"] }, "EXEC_FAILED", "bad-format");
  });

  test("cwd outside the roots: straight, by .., by symlink, by a sibling whose name begins alike", async () => {
    const { place } = server.client;
    mkdirSync(`${place.project}-evil`, { recursive: true });
    symlinkSync("/etc", place.path("link-out"));
    symlinkSync(place.root, place.path("link-up"));
    for (const cwd of [
      "/",
      "/etc",
      "..",
      "../..",
      "./x/../../..",
      dirname(place.project),
      `${place.project}-evil`,
      "../project-evil",
      "link-out",
      "link-up",
      "link-up/state",
      "/proc/self/cwd/../..",
    ])
      await failed(
        { argv: ["pwd"], cwd },
        "CWD_OUTSIDE_ROOTS",
        "outside the allowed directories",
      );
    // Whether something outside exists is nobody's business.
    await failed(
      { argv: ["pwd"], cwd: "/no/such/place" },
      "CWD_OUTSIDE_ROOTS",
      "outside",
    );
    await failed(
      { argv: ["pwd"], cwd: "link-out/no-such-place" },
      "CWD_OUTSIDE_ROOTS",
      "outside",
    );
  });

  test("a cwd that is missing or no directory is told from a command that is missing", async () => {
    const { place } = server.client;
    writeFileSync(place.path("a-file"), "");
    mkdirSync(place.path("sub"), { recursive: true });
    symlinkSync("sub", place.path("link-in"));
    await failed({ argv: ["pwd"], cwd: "gone" }, "CWD_MISSING", "'gone'");
    await failed(
      { argv: ["pwd"], cwd: "a-file" },
      "CWD_MISSING",
      "not a directory",
    );
    await failed(
      { argv: ["no-such-program-here"], cwd: "sub" },
      "COMMAND_NOT_FOUND",
      "PATH",
    );
    await failed({ argv: ["pwd"], cwd: "" }, "INVALID_INPUT", "/cwd");
    await failed({ argv: ["pwd"], cwd: "a\0b" }, "INVALID_INPUT", "/cwd");
    await failed({ argv: ["pwd"], cwd: 3 }, "INVALID_INPUT", "/cwd");
    for (const cwd of ["sub", "link-in", place.path("sub"), "./sub/../sub"])
      expect(
        await server.client.ask("run_task", {
          kind: "shell",
          input: { argv: ["pwd"], cwd },
        }),
      ).toMatchObject({
        value: { stdout: `${place.path("sub")}\n` },
      });
  });

  test("variables through which code gets into a process cannot be set", async () => {
    for (const name of [
      "LD_PRELOAD",
      "LD_LIBRARY_PATH",
      "BUN_OPTIONS",
      "NODE_OPTIONS",
      "BASH_ENV",
      "DYLD_INSERT_LIBRARIES",
      "FLOW_BALANCER_OWNER",
      "A=B",
      "",
      "a b",
    ])
      await failed(
        { argv: ["env"], env: { [name]: "x" } },
        "ENV_NOT_ALLOWED",
        `/env/${name}`,
      );
    await failed(
      { argv: ["env"], env: { PATH: "." } },
      "ENV_NOT_ALLOWED",
      "absolute",
    );
    await failed(
      { argv: ["env"], env: { PATH: "/bin:" } },
      "ENV_NOT_ALLOWED",
      "absolute",
    );
    await failed({ argv: ["env"], env: { A: 1 } }, "INVALID_INPUT", "/env/A");
    await failed(
      { argv: ["env"], env: { A: "x\0y" } },
      "INVALID_INPUT",
      "/env/A",
    );
    await failed({ argv: ["env"], env: [] }, "INVALID_INPUT", "/env");
    expect(
      await server.client.ask("run_task", {
        kind: "shell",
        input: { argv: ["sh", "-c", "echo $MINE"], env: { MINE: "yes" } },
      }),
    ).toMatchObject({
      value: { stdout: "yes\n" },
    });
  });

  test("other fields of a wrong type, and unknown ones, are named", async () => {
    await failed({ argv: ["true"], stdin: 5 }, "INVALID_INPUT", "/stdin");
    for (const max_output_bytes of [0, -1, 1.5, "9"])
      await failed(
        { argv: ["true"], max_output_bytes },
        "INVALID_INPUT",
        "/max_output_bytes",
      );
    await failed(
      { argv: ["true"], ok_exit_codes: [1.5] },
      "INVALID_INPUT",
      "/ok_exit_codes",
    );
    await failed(
      { argv: ["true"], shell: true },
      "INVALID_INPUT",
      "/shell: unknown key",
    );
    for (const input of [null, [], "ls", 5, true])
      await failed(input, "INVALID_INPUT", "object");
  });

  test("output beyond its cap keeps head and tail, in the value and in what is read", async () => {
    const value = (
      await server.client.ask("run_task", {
        kind: "shell",
        input: {
          argv: [
            "sh",
            "-c",
            "printf HEAD; yes x | head -c 3000000; printf TAIL",
          ],
          max_output_bytes: 1_000,
        },
      })
    ).value;
    expect(value.truncated).toBe(true);
    expect(value.stdout).toStartWith("HEADx\n");
    expect(value.stdout).toEndWith("TAIL");
    expect(value.stdout).toContain(
      `[... ${3_000_008 - 1_000} bytes left out ...]`,
    );
  });

  test("a command that is ended by a signal says which", () =>
    failed(
      { argv: ["sh", "-c", "kill -SEGV $$"] },
      "NON_ZERO_EXIT",
      "SIGSEGV",
    ));
});
