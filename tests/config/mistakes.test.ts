import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseFlags } from "../../flow-balancer/config/parse-flags.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { ConfigDesk, type Given, refusal } from "./config-desk.ts";

let desk: ConfigDesk;
beforeEach(() => {
  desk = new ConfigDesk();
});
afterEach(() => desk[Symbol.dispose]());

const problems = (given: Given = {}): string[] => {
  const error = refusal(() => desk.load(given));
  expect(error.code).toBe("INVALID_CONFIG");
  return error.message.split("\n");
};

describe("mistakes:", () => {
  test("are named with place, limit and value, all at once, of all sources", () => {
    const file = desk.projectFile(
      [
        "[pool]",
        'max_workers = "many"',
        "[tasks]",
        "timeout_ms = 86_400_001",
        'text = """',
        "[pool]",
        '"""',
        "[http]",
        "port = -1",
      ].join("\n"),
    );
    const user = desk.userFile("durability = 'ful'\n");
    expect(
      problems({
        env: { FLOW_BALANCER_POOL_IDLE_MS: "soon" },
        flags: { "--http-port": "1.5" },
      }).sort(),
    ).toEqual(
      [
        `${user}:1: key 'durability' must be one of "normal", "full", got "ful"`,
        `${file}:2: key 'pool.max_workers' must be 1..256, got "many"`,
        `${file}:4: key 'tasks.timeout_ms' must be 1..86400000, got 86400001`,
        `${file}:5: key 'tasks.text' is unknown`,
        `${file}:9: key 'http.port' must be 0..65535, got -1`,
        `FLOW_BALANCER_POOL_IDLE_MS: key 'pool.idle_ms' must be 0..86400000, got "soon"`,
        `--http-port: key 'http.port' must be 0..65535, got "1.5"`,
      ].sort(),
    );
  });

  test.each([
    ["[pool]\nmax_wrkers = 1", 2, "did you mean 'pool.max_workers'?"],
    ["max_workers = 1", 1, "did you mean 'pool.max_workers'?"],
    ["[pol]\na = 1", 1, "did you mean 'pool'?"],
    ['[kinds.a]\nmodule = "a"\nconcurency = 1', 3, "'kinds.a.concurrency'?"],
    ["[[experts]]\nname = 'a'", 1, "'experts.0.kinds' is missing"],
    ["__proto__.a = 1", 1, "key '__proto__' is unknown"],
    ["[kinds.a]\neffects = 'once'", 1, "'kinds.a.module' is missing"],
    ["[kinds.shell]\nmodule = 'a'", 1, "that is not built in"],
    ["[kinds.A]\nmodule = 'a'", 1, "must be a name of a-z"],
    [
      "[kinds.a]\nmodule = 'a'\nenv = ['A=1']",
      3,
      "a list of names of variables",
    ],
    [
      "[instances]\nheartbeat_ms = 500\ndead_after_ms = 900",
      3,
      "must be at least twice instances.heartbeat_ms (500)",
    ],
    [
      "toolsets = ['pol']",
      1,
      'must be a list of "pool", "board" and "learning", got ["pol"]',
    ],
    ["roots = []", 1, "a list of at least one directory"],
    ["roots = '/'", 1, "a list of at least one directory"],
    ["http = 3", 1, "key 'http' must be a table, got 3"],
    ['[http]\nbase_path = "/flow/"', 2, 'must be a path as "/flow"'],
    ['[http]\nbase_path = "/../etc"', 2, 'must be a path as "/flow"'],
    [
      '[http]\nhost = "0.0.0.0"\nmcp_token = "off"',
      3,
      'must be "required" where http.host (0.0.0.0) is reached',
    ],
    ['[http]\nread_only = "yes"', 2, "must be true or false, got"],
    ['[http]\norigins = ["localhost"]', 2, "must be a list of origins"],
    ['[http]\norigins = ["https://A.example"]', 2, "as browsers send them"],
    ['[http]\norigins = ["http://a:80"]', 2, "no port 80"],
    ['[http]\norigins = ["http://a/"]', 2, "no path"],
    ['[http]\nhostnames = ["a:80"]', 2, "without ports"],
    ["[patience.clients]\nCodex = 1000", 2, "lower case"],
    ["[pool]\nmax_workers = 2\nspare_workers = 3", 3, "at most pool.max_work"],
    [
      '[learning]\nhedge = "on"\ndeadlines = "fixed"',
      2,
      "'learning.hedge' must be \"off\" where learning.deadlines",
    ],
    [
      "[learning]\nmax_timeout_ms = 1_000",
      2,
      "must be at least learning.min_timeout_ms (5000)",
    ],
    [
      "[kinds.a]\nmodule = 'a'\nin_flight = 4\neffects = 'once'",
      3,
      "key 'kinds.a.in_flight' must be 1 where effects = \"once\": ",
    ],
    ["[kinds.a]\nmodule = 'a'\nin_flight = 65", 3, "must be 1..64, got 65"],
    ["[pool]\nmax_workers = inf", 2, "must be 1..256, got Infinity"],
    ["[pool]\nmax_workers = 1979-05-27", 2, "must be 1..256"],
    ["a = 1\nb = [\n1,\n= ]\n", 4, "is not valid TOML"],
    ["[http]\nport = 1\nport = 2\n", 3, "is not valid TOML"],
    ["home = \u0000", 1, "is not valid TOML"],
  ])("%j is refused at its line", (text, line, says) => {
    const file = desk.projectFile(text);
    const found = problems();
    expect(found).toHaveLength(1);
    expect(found[0]).toStartWith(`${file}:${line}: `);
    expect(found[0]).toContain(says);
  });

  test("a file that cannot be read is said to be so", () => {
    mkdirSync(join(desk.project, "flow-balancer.toml"));
    expect(problems()).toEqual([
      expect.stringContaining("flow-balancer.toml:1: cannot be read: EISDIR"),
    ]);
  });

  test("any text is either a configuration or named mistakes", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom("[pool]", "max_workers = 3", "[kinds.a]", 'x = """', "]"),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        desk.projectFile(lines.join("\n"));
        try {
          desk.load();
        } catch (error) {
          expect(error).toBeInstanceOf(BalancerError);
          expect((error as BalancerError).code).toBe("INVALID_CONFIG");
        }
      }),
      { numRuns: 200 },
    );
  });

  test("flags that are none are refused with the nearest", () => {
    const error = refusal(() => parseFlags(["--prot", "1"]));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toBe("unknown option '--prot'; did you mean --port?");
    expect(refusal(() => parseFlags(["--port"])).message).toBe(
      "the option --port needs a value",
    );
    expect(refusal(() => parseFlags(["serve"])).message).toStartWith(
      "unknown argument 'serve'",
    );
  });
});
