import { expect, test } from "bun:test";
import fc from "fast-check";
import { patienceMs } from "../../orchestrator/learning/patience.ts";

const table = {
  unknownMs: 50,
  clients: { claude: 70, "claude-code": 110, codex: 280 },
};

test("the longest part of a name that is known decides; who is not known gets the default", () => {
  expect(
    [
      "claude-code",
      "Claude Code",
      "claude_code/2.1",
      "Claude Desktop",
      "Codex CLI",
      "cursor",
      "",
    ].map((name) => patienceMs(name, table)),
  ).toEqual([110, 110, 110, 70, 280, 50, 50]);
  expect(patienceMs(null, table)).toBe(50);
  expect(patienceMs("claude", { unknownMs: 50, clients: {} })).toBe(50);
});

test("whatever a client calls itself, the answer is one of the table", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect([50, 70, 110, 280]).toContain(patienceMs(name, table));
    }),
  );
});
