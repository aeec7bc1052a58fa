import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Desk } from "./run-cli.ts";

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

const FILES = {
  claude: ["project", ".mcp.json"],
  cursor: ["project", ".cursor/mcp.json"],
  vscode: ["project", ".vscode/mcp.json"],
  codex: ["home", ".codex/config.toml"],
} as const;

const fileOf = (desk: Desk, client: keyof typeof FILES): string => {
  const [base, path] = FILES[client];
  return join(desk[base], path);
};
function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
const backups = (path: string): string[] =>
  readdirSync(dirname(path))
    .filter((it) => it.startsWith(`${basename(path)}.bak-`))
    .map((it) => join(dirname(path), it));
const write = (desk: Desk, client: string) =>
  desk.run(["init", "--client", client, "--write"]);

describe("init prints", () => {
  test.each([
    ["claude", "mcpServers"],
    ["cursor", "mcpServers"],
    ["vscode", "servers"],
  ] as const)(
    "the JSON that %s wants, and writes nothing",
    async (client, section) => {
      using desk = new Desk();
      const { code, stdout, stderr } = await desk.run([
        "init",
        "--client",
        client,
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        [section]: {
          "flow-balancer": {
            ...(client === "vscode" ? { type: "stdio" } : {}),
            command: expect.any(String),
            args: expect.any(Array),
          },
        },
      });
      expect(stderr).toContain(fileOf(desk, client));
      expect(existsSync(fileOf(desk, client))).toBe(false);
    },
  );

  test("the TOML that codex wants", async () => {
    using desk = new Desk();
    const { stdout } = await desk.run(["init", "--client", "codex"]);
    expect(Bun.TOML.parse(stdout)).toEqual({
      mcp_servers: {
        "flow-balancer": {
          command: expect.any(String),
          args: expect.any(Array),
        },
      },
    });
  });

  test("a command that starts this server without any PATH", async () => {
    using desk = new Desk();
    const { stdout } = await desk.run(["init", "--client", "claude"]);
    const { command, args } = (
      JSON.parse(stdout) as { mcpServers: { "flow-balancer": Entry } }
    ).mcpServers["flow-balancer"];
    // The client starts it in a repository that may be anybody's.
    const canary = join(desk.project, "canary");
    writeFileSync(
      join(desk.project, "preload.ts"),
      `require("fs").writeFileSync(${JSON.stringify(canary)}, "");`,
    );
    writeFileSync(
      join(desk.project, "bunfig.toml"),
      'preload = ["./preload.ts"]\n',
    );
    const server = Bun.spawn([command, ...args], {
      cwd: desk.project,
      env: { HOME: desk.home },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "init-test", version: "1" },
    };
    const request = { jsonrpc: "2.0", id: 1, method: "initialize", params };
    server.stdin.write(`${JSON.stringify(request)}\n`);
    await server.stdin.end();
    const [line] = (await server.stdout.text()).split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({
      id: 1,
      result: { serverInfo: { name: "flow-balancer" } },
    });
    expect(await server.exited).toBe(0);
    expect(existsSync(canary)).toBe(false);
  });
});

describe("init --write", () => {
  test.each(["claude", "cursor", "vscode", "codex"] as const)(
    "makes the file of %s where there is none, with no backup",
    async (client) => {
      using desk = new Desk();
      const printed = await desk.run(["init", "--client", client]);
      const { code, stdout } = await write(desk, client);
      const path = fileOf(desk, client);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `wrote ${path}\n` });
      expect(readFileSync(path, "utf8")).toBe(printed.stdout);
      expect(readdirSync(dirname(path)).filter((it) => it !== ".git")).toEqual([
        basename(path),
      ]);
    },
  );

  test("keeps everything else of a JSON file, comments too, and the old file", async () => {
    using desk = new Desk();
    const before = `{
    // mine
    "inputs": [],
    "servers": {
        "other": { "command": "x" }, // stays
    },
}
`;
    const path = put(fileOf(desk, "vscode"), before);
    chmodSync(path, 0o640);
    const { code, stdout } = await write(desk, "vscode");
    const after = readFileSync(path, "utf8");
    expect(code).toBe(0);
    const [backup = ""] = backups(path);
    expect(stdout).toBe(`wrote ${path}\nthe file as it was: ${backup}\n`);
    expect(backup).toMatch(/\.bak-\d{8}T\d{9}Z$/);
    expect(readFileSync(backup, "utf8")).toBe(before);
    for (const line of before.split("\n")) expect(after).toContain(line);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(Bun.JSONC.parse(after)).toMatchObject({
      inputs: [],
      servers: { other: { command: "x" }, "flow-balancer": { type: "stdio" } },
    });
  });

  test("does nothing the second time", async () => {
    using desk = new Desk();
    for (const client of ["claude", "codex"] as const) {
      await write(desk, client);
      const path = fileOf(desk, client);
      const first = readFileSync(path, "utf8");
      const { code, stdout } = await write(desk, client);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `${path} has it already\n`,
      });
      expect(readFileSync(path, "utf8")).toBe(first);
      expect(backups(path)).toEqual([]);
    }
  });

  test("brings an old entry up to date and keeps what the user added to it", async () => {
    using desk = new Desk();
    const json = put(
      fileOf(desk, "claude"),
      '{"mcpServers": {"flow-balancer": {"command": "old", "args": ["a"], "env": {"A": "1"}}}}',
    );
    await write(desk, "claude");
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({
      mcpServers: {
        "flow-balancer": {
          command: expect.not.stringContaining("old"),
          env: { A: "1" },
        },
      },
    });
    const toml = put(
      fileOf(desk, "codex"),
      `model = "m" # mine
[mcp_servers.flow-balancer]
command = "old"
# slow machine
startup_timeout_sec = 60
args = [
  "a", # one
  "]",
]

[mcp_servers.flow-balancer.env]
A = "1"

# the other one
[mcp_servers.other]
command = "x"
`,
    );
    await write(desk, "codex");
    const text = readFileSync(toml, "utf8");
    expect(text).toContain('model = "m" # mine\n');
    expect(text).toContain("# slow machine\nstartup_timeout_sec = 60\n");
    expect(text).toEndWith(
      '\n\n[mcp_servers.flow-balancer.env]\nA = "1"\n\n# the other one\n[mcp_servers.other]\ncommand = "x"\n',
    );
    expect(Bun.TOML.parse(text)).toMatchObject({
      mcp_servers: {
        other: { command: "x" },
        "flow-balancer": {
          command: expect.not.stringContaining("old"),
          args: expect.not.arrayContaining(["a"]),
          startup_timeout_sec: 60,
          env: { A: "1" },
        },
      },
    });
  });

  test("follows a link and leaves it one", async () => {
    using desk = new Desk();
    const target = put(join(desk.home, "dotfiles/mcp.json"), "{}");
    const path = fileOf(desk, "claude");
    symlinkSync(target, path);
    expect((await write(desk, "claude")).code).toBe(0);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toContain("flow-balancer");
    expect(readFileSync(backups(path)[0] ?? "", "utf8")).toBe("{}");
  });

  test.each([
    ["claude", "{ oops", "cannot be parsed"],
    ["claude", "[]", "does not hold an object"],
    ["claude", '{"mcpServers": []}', "something else where its servers"],
    ["claude", '{"mcpServers": {"flow-balancer": 1}}', "something else"],
    ["codex", "a = = 1", "cannot be parsed"],
    ["codex", "mcp_servers = { a = { command = 'x' } }", "edited safely"],
  ] as const)("of %s never touches %j", async (client, text, says) => {
    using desk = new Desk();
    const path = put(fileOf(desk, client), text);
    const { code, stdout, stderr } = await write(desk, client);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${path} `);
    expect(stderr).toContain(says);
    expect(stderr).toContain("Nothing was written.");
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(backups(path)).toEqual([]);
  });
});
