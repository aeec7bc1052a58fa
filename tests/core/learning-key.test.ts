import { expect, test } from "bun:test";
import fc from "fast-check";
import { learningBucket } from "../../flow-balancer/core/learning-key.ts";

const shell = (...argv: string[]): string =>
  learningBucket("shell", JSON.stringify({ argv }));
const script = (code: string, args: unknown = null): string =>
  learningBucket("script", JSON.stringify({ code, args }));

test.each([
  [["git", "status", "--short"], "git status"],
  [["/usr/local/bin/git", "status"], "git status"],
  [["C:\\tools\\git.exe", "status"], "git.exe status"],
  [["bun", "test", "tests/x.test.ts"], "bun test"],
  [["bun", "run", "build:web"], "bun run build:web"],
  [["bun", "run", "./build.ts"], "bun run"],
  [["make", "build"], "make build"],
  [["python3.12", "tools/train.py", "--lr=1"], "python3.12 train.py"],
  [["bun", "/home/me/scripts/report.ts"], "bun report.ts"],
  [["cat", "/home/me/scripts/report.ts"], "cat"],
  [["bash", "-c", "git status"], "bash"],
  [["git", "-C", "project", "status"], "git"],
  [["mysql", "-p", "hunter"], "mysql"],
  [["curl", "https://me:pw@example.org"], "curl"],
  [["login", "Tr0ub4dor"], "login"],
  [["env", "TOKEN=abc", "git", "status"], "env"],
  [["TOKEN=abc"], ""],
  [["sleep", "5"], "sleep"],
  [[""], ""],
  [["/"], ""],
  [[], ""],
])("a command %j runs as '%s'", (argv, bucket) => {
  expect(shell(...argv)).toBe(bucket);
});

test("a complexity that was said comes first; one that is none does not count", () => {
  const buckets = [1, 3, 3.5, 4, 7, 8, 10].map((it) =>
    learningBucket("shell", '{"argv":["git"]}', it),
  );
  expect(buckets).toEqual([
    ...["c1-3", "c1-3", "c1-3", "c4-7", "c4-7", "c8-10", "c8-10"],
  ]);
  for (const none of [null, 0, 11, -1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(learningBucket("shell", '{"argv":["git"]}', none)).toBe("git");
});

test("scripts by their code, whatever their arguments", () => {
  expect(script("export default () => 1", { n: 1 })).toMatch(
    /^code [0-9a-f]{8}$/,
  );
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300 }),
      fc.string({ maxLength: 300 }),
      fc.integer(),
      (one, other, n) => {
        expect(script(one, n)).toBe(script(one));
        if (one !== other) expect(script(one)).not.toBe(script(other));
      },
    ),
    { seed: 7 },
  );
});

test("other kinds by how long their input is, in steps of four, once it is long", () => {
  const of = (length: number): string =>
    learningBucket("resize", "x".repeat(length));
  expect(of(4_096)).toBe("");
  expect(of(4_097)).toBe("4k+");
  expect(of(16_383)).toBe("4k+");
  expect(of(16_384)).toBe("16k+");
  expect(of(1_048_576)).toBe("1M+");
  expect(learningBucket("shell", `{"argv":["git"]${" ".repeat(9_000)}}`)).toBe(
    "4k+",
  );
});

const anyKind = fc.constantFrom("shell", "script", "resize");

test("never throws, whatever the input; what it says is short and can be printed", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.constantFrom("git", "run", "bun", "__proto__", "a".repeat(99)),
  );
  const input = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc
      .record({ argv: fc.array(fc.oneof(word, fc.anything())), code: word })
      .map((it) => {
        try {
          return JSON.stringify(it);
        } catch {
          return "";
        }
      }),
    fc.constantFrom("[".repeat(4_000), "null", "[]", '{"argv":{"0":"git"}}'),
  );
  fc.assert(
    fc.property(
      anyKind,
      input,
      fc.option(fc.double()),
      (kind, json, complexity) => {
        const bucket = learningBucket(kind, json, complexity);
        expect(bucket).toMatch(/^[ -~]{0,64}$/);
        expect(bucket).not.toContain("=");
        expect(learningBucket(kind, json, complexity)).toBe(bucket);
      },
    ),
    { seed: 7, numRuns: 2_000 },
  );
});

test("nothing of a flag, of what follows one, of the environment, the folder or the input gets into it", () => {
  const secret = fc.stringMatching(/^[a-z]{5,20}$/).map((it) => `zz${it}`);
  const flag = fc.constantFrom("-p", "--token", "-", "--", "-u");
  fc.assert(
    fc.property(
      secret,
      flag,
      fc.array(fc.constantFrom("status", "-v", "x=y"), { maxLength: 2 }),
      (hidden, dash, before) => {
        const at = {
          argv: [
            "git",
            ...before,
            dash,
            hidden,
            `A=${hidden}`,
            `${dash}${hidden}`,
          ],
          env: { TOKEN: hidden },
          cwd: `/${hidden}`,
          stdin: hidden,
        };
        const bucket = learningBucket("shell", JSON.stringify(at));
        expect(bucket).toMatch(/^git(?: status)?$/);
      },
    ),
    { seed: 7 },
  );
});

test("where a program lies makes no difference", () => {
  const folder = fc.array(fc.stringMatching(/^[^/\\]{0,12}$/));
  fc.assert(
    fc.property(folder, (folders) => {
      const path = [...folders, "git"].join("/");
      expect(shell(path, "status")).toBe("git status");
    }),
    { seed: 7 },
  );
});
