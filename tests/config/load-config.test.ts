import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { effectiveConfig } from "../../flow-balancer/config/effective-config.ts";
import { parseFlags } from "../../flow-balancer/config/parse-flags.ts";
import { ConfigDesk, type Given } from "./config-desk.ts";

let desk: ConfigDesk;
beforeEach(() => {
  desk = new ConfigDesk();
});
afterEach(() => desk[Symbol.dispose]());

describe("where values come from:", () => {
  test("without a word there are defaults", () => {
    const config = desk.load();
    expect(config).toMatchObject({
      projectRoot: desk.project,
      roots: [desk.project],
      toolsets: ["pool", "board"],
      durability: "normal",
      http: {
        host: "127.0.0.1",
        port: 7331,
        basePath: "/",
        readOnly: false,
        mcpToken: "required",
        hostnames: [],
        origins: [],
      },
      patience: {
        unknownMs: 50_000,
        clients: { "claude-code": 110_000, codex: 280_000 },
      },
      learning: { deadlines: "learned", hedge: "off" },
      kinds: [],
      warnings: [],
    });
    expect(config.home).toStartWith(
      join(desk.home, ".local/state/flow-balancer/project-"),
    );
    expect(config.pool.maxWorkers).toBeWithin(8, 33);
  });

  test("flags go before variables, those before the project's file, that before the user's", () => {
    const ports = (given: Given) => desk.load(given).http.port;
    expect(ports({})).toBe(7331);
    desk.userFile("[http]\nport = 1\nhost = '::1'\n");
    expect(ports({})).toBe(1);
    desk.projectFile("[http]\nport = 2\n");
    expect(ports({})).toBe(2);
    const env = { FLOW_BALANCER_HTTP_PORT: "3" };
    expect(ports({ env })).toBe(3);
    expect(ports({ env, flags: parseFlags(["--port", "4"]) })).toBe(4);
    expect(desk.load({ env }).http.host).toBe("::1");
  });

  test("true and false are read of every source, and nothing else is either", () => {
    const only = (given: Given) => desk.load(given).http.readOnly;
    expect(only({})).toBe(false);
    desk.projectFile("[http]\nread_only = true\n");
    expect(only({})).toBe(true);
    const env = { FLOW_BALANCER_HTTP_READ_ONLY: "false" };
    expect(only({ env })).toBe(false);
    expect(only({ env, flags: { "--http-read-only": "true" } })).toBe(true);
    desk.projectFile("[http]\nread_only = 1\n");
    expect(() => only({})).toThrow("must be true or false, got 1");
  });

  test("second runs are for a person to switch on", () => {
    desk.projectFile('[learning]\nhedge = "on"\n');
    expect(desk.load().learning.hedge).toBe("on");
    desk.projectFile("[learning]\nhedge = true\n");
    expect(() => desk.load()).toThrow(
      '\'learning.hedge\' must be one of "on", "off", got true',
    );
  });

  test("each value tells its origin", () => {
    const file = desk.projectFile(
      "\n[pool]\nmax_workers = 3\n[patience.clients]\n",
    );
    const config = desk.load({
      env: { FLOW_BALANCER_ROOTS: `${desk.project},sub` },
      flags: parseFlags(["--http-port=0"]),
    });
    expect(effectiveConfig(config)).toMatchObject({
      schema: 1,
      project_root: desk.project,
      settings: {
        "pool.max_workers": { value: 3, origin: `${file}:3` },
        "http.port": { value: 0, origin: "--http-port" },
        "tasks.timeout_ms": { value: 300_000, origin: "default" },
        "patience.clients.claude-code": { value: 110_000, origin: "default" },
        roots: {
          value: [desk.project, join(desk.project, "sub")],
          origin: "FLOW_BALANCER_ROOTS",
        },
      },
    });
  });

  test("every setting has a variable and a flag", () => {
    const config = desk.load();
    const { settings } = effectiveConfig(config) as {
      settings: Record<string, { value: unknown }>;
    };
    const single = Object.entries(settings).filter(
      ([key, { value }]) =>
        !key.startsWith("patience.clients.") &&
        key !== "experts" &&
        // What is empty is as good as not said.
        String(value) !== "" &&
        value !== null,
    );
    expect(single.length).toBeGreaterThan(15);
    for (const [key, { value }] of single) {
      const name = key.replaceAll(".", "_");
      const text = String(value);
      const variable = `FLOW_BALANCER_${name.toUpperCase()}`;
      const flag = `--${name.replaceAll("_", "-")}`;
      expect(desk.load({ env: { [variable]: text } }).origins[key]).toBe(
        variable,
      );
      const flags = parseFlags([flag, text]);
      expect(desk.load({ flags }).origins[key]).toBe(flag);
    }
  });

  test("an empty variable counts as unset", () => {
    expect(desk.load({ env: { FLOW_BALANCER_HTTP_PORT: "" } }).http.port).toBe(
      7331,
    );
  });

  test("a variable with a slip in its name is warned of, others are left alone", () => {
    const env = { FLOW_BALANCER_HOEM: "/x", FLOW_BALANCER_TASK: "t" };
    expect(desk.load({ env }).warnings).toEqual([
      "the variable FLOW_BALANCER_HOEM is no setting; did you mean FLOW_BALANCER_HOME?",
    ]);
  });

  test("fewer workers than the usual spares mean fewer spares", () => {
    desk.projectFile("[pool]\nmax_workers = 1\n");
    expect(desk.load().pool).toMatchObject({ maxWorkers: 1, spareWorkers: 1 });
  });
});

describe("paths:", () => {
  test("start at the file that names them, or at home", () => {
    desk.projectFile(
      'home = "state"\nroots = ["."]\n[kinds.a]\nmodule = "./tasks/a.ts"\n',
    );
    desk.userFile('[kinds.b]\nmodule = "b.ts"\n[kinds.c]\nmodule = "~/c.ts"\n');
    const config = desk.load();
    expect(config.home).toBe(join(desk.project, "state"));
    expect(config.roots).toEqual([desk.project]);
    expect(
      Object.fromEntries(config.kinds.map((it) => [it.name, it.module])),
    ).toEqual({
      a: join(desk.project, "tasks/a.ts"),
      b: join(desk.home, ".config/flow-balancer/b.ts"),
      c: join(desk.home, "c.ts"),
    });
  });

  test("a project is found from any folder in it, and by CLAUDE_PROJECT_DIR", () => {
    const inner = join(desk.project, "a/b");
    mkdirSync(inner, { recursive: true });
    expect(desk.load({ cwd: inner }).projectRoot).toBe(desk.project);
    const env = { CLAUDE_PROJECT_DIR: inner };
    expect(desk.load({ cwd: "/", env }).projectRoot).toBe(desk.project);
    desk.write("project/a/flow-balancer.toml", "");
    expect(desk.load({ cwd: inner }).projectRoot).toBe(join(desk.project, "a"));
    expect(desk.load({ cwd: desk.home }).projectRoot).toBe(desk.home);
  });

  test("two projects of one name have two homes, one desk.project by two paths has one", () => {
    const other = join(desk.folder, "other/project");
    mkdirSync(join(other, ".git"), { recursive: true });
    const link = join(desk.folder, "link");
    symlinkSync(desk.project, link);
    expect(desk.load({ cwd: other }).home).not.toBe(desk.load().home);
    expect(desk.load({ cwd: link }).home).toBe(desk.load().home);
  });

  test("XDG_STATE_HOME and XDG_CONFIG_HOME count if they are absolute", () => {
    const state = join(desk.folder, "state");
    desk.write("state/flow-balancer/config.toml", "[http]\nport = 9\n");
    const env = { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state };
    expect(desk.load({ env }).home).toStartWith(join(state, "flow-balancer/"));
    expect(desk.load({ env }).http.port).toBe(9);
    expect(desk.load({ env: { XDG_STATE_HOME: "state" } }).home).toStartWith(
      desk.home,
    );
  });
});
