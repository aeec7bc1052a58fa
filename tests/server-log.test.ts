import { afterAll, afterEach, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type LogSettings, openLog } from "../flow-balancer/server-log.ts";
import { TemporaryFolder } from "./support/temporary-folder.ts";

const folder = new TemporaryFolder();
let files = 0;

/** What the log's file says after `write`. */
function logged(
  write: (log: ReturnType<typeof openLog>) => void,
  level: LogSettings["level"] = "debug",
): string {
  const file = join(folder.path, `${files++}.log`);
  const mask = process.umask(0o077);
  write(openLog({ level, file }));
  process.umask(mask);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

afterEach(() => void openLog({ level: "fatal", file: null }));
afterAll(() => folder[Symbol.dispose]());

const HOSTILE =
  'x\n{"level":"ERROR","message":"forged"}\r\n\u001b[2J\u009b31m\u202e\u2028';

test("an event is one line of JSON, whatever is in it", () => {
  const text = logged((log) =>
    log("warn", "task.failed", { error: HOSTILE, [HOSTILE]: 1 }),
  );
  const lines = text.split("\n");
  expect(lines.length).toBe(2);
  expect(lines[1]).toBe("");
  expect(text.slice(0, -1)).not.toMatch(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u,
  );
  const { level, message, properties } = JSON.parse(text);
  expect({ level, message }).toEqual({ level: "WARN", message: "task.failed" });
  expect(properties).toEqual({ error: HOSTILE, [HOSTILE]: 1 });
});

test("any text at all stays in its line", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }),
      (texts) => {
        const lines = logged((log) => {
          for (const text of texts) log("info", "said", { text });
        }).split("\n");
        expect(lines.length).toBe(texts.length + 1);
        for (const line of lines.slice(0, -1))
          expect(JSON.parse(line).message).toBe("said");
      },
    ),
    { numRuns: 50 },
  );
});

test.each([
  ["header", "Authorization: Bearer abcdef0123456789"],
  ["address", "https://someone:hunter22@example.test/x"],
  ["key", "key is sk-abcdefghijklmnop0123"],
  ["forge token", "ghp_abcdefghijklmnopqrstuvwxyz0123"],
  ["cloud key", "AKIAABCDEFGHIJKLMNOP"],
  ["chat token", "xoxb-1234567890-abcdef"],
  ["assignment", "DB_PASSWORD=correcthorse next"],
  ["quoted JSON", JSON.stringify({ api_key: "correcthorse" })],
  [
    "JWT",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLWhlcmU",
  ],
])("a credential in a text is masked: %s", (_, secret) => {
  const text = logged((log) =>
    log("error", "failed", { said: `so ${secret}` }),
  );
  expect(text).not.toMatch(
    /abcdef0123456789|hunter22|sk-abc|ghp_|AKIA|xoxb|correcthorse|c2lnbmF0dXJl/,
  );
  expect(text).toContain("masked");
  expect(text).toContain("so ");
  expect(() => JSON.parse(text)).not.toThrow();
});

test("the value of a field that is named like a credential is masked, at any depth", () => {
  const text = logged((log) =>
    log("error", "failed", {
      password: "p",
      request: { headers: { authorization: "q9", cookie: "q8" } },
      kind: "shell",
    }),
  );
  expect(JSON.parse(text).properties).toEqual({
    password: "[masked]",
    request: { headers: { authorization: "[masked]", cookie: "[masked]" } },
    kind: "shell",
  });
});

test("less important events are left out, and the file is its owner's alone", () => {
  let file = "";
  const text = logged((log) => {
    file = join(folder.path, `${files - 1}.log`);
    log("info", "quiet");
    log("warn", "loud");
  }, "warning");
  expect(text.trim().split("\n").length).toBe(1);
  expect(text).toContain("loud");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

/** What goes to stderr meanwhile. */
function heard(write: () => void): string {
  let text = "";
  const stderr = spyOn(process.stderr, "write").mockImplementation((said) => {
    text += String(said);
    return true;
  });
  try {
    write();
  } finally {
    stderr.mockRestore();
  }
  return text;
}

test("a file that cannot be opened is a mistake in the settings", () => {
  const file = join(folder.path, "not", "there.log");
  expect(() => openLog({ level: "debug", file })).toThrow(
    expect.objectContaining({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(
        /^log\.file cannot be opened: .*there\.log/,
      ),
    }),
  );
});

test("on a full disk events go to stderr, and whoever logs hears nothing of it", () => {
  const log = openLog({ level: "debug", file: "/dev/full" });
  const said = heard(() => {
    for (const n of [1, 2]) log("warn", "disk.full", { n });
  });
  const lines = said.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).properties)).toEqual([
    { n: 1 },
    { n: 2 },
  ]);
});

test("a file that cannot be renamed when it is full is never written to again, nor what has its number", () => {
  const gone = join(folder.path, "gone");
  const file = join(gone, "own.log");
  mkdirSync(gone);
  writeFileSync(file, "");
  truncateSync(file, 10_485_760);
  const log = openLog({ level: "debug", file });
  rmSync(gone, { recursive: true });
  const other = join(folder.path, "other");
  let others: number[] = [];
  const said = heard(() => {
    log("warn", "first");
    others = Array.from({ length: 4 }, () => openSync(other, "a"));
    log("warn", "second");
    mkdirSync(gone);
    log("warn", "third");
  });
  for (const fd of others) closeSync(fd);
  expect(readFileSync(other, "utf8")).toBe("");
  const events = (text: string): unknown[] =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).message);
  expect(events(said)).toEqual(["first", "second"]);
  expect(events(readFileSync(file, "utf8"))).toEqual(["third"]);
});
