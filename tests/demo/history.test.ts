import { expect, test } from "bun:test";
import { readHistory } from "../../flow-balancer/demo/history.ts";

const whole = { isShallow: false, cut: false };
const LOG = `\u0001ada@example.org

3\t1\tsrc/größe.ts
-\t-\tlogo.png
\u0001bob@example.org

10\t0\tsrc/größe.ts
2\t2\tname with\ttab.ts
\u0001ada@example.org
`;

test("commits, authors and lines are counted, binary files without lines", () => {
  expect(readHistory(LOG, whole)).toEqual({
    commits: 3,
    authors: 2,
    lines_added: 15,
    lines_deleted: 3,
    most_changed: [
      { path: "src/größe.ts", commits: 2 },
      { path: "logo.png", commits: 1 },
      { path: "name with\ttab.ts", commits: 1 },
    ],
    partial: false,
  });
});

test("a history that is cut off, or of a shallow clone, is partial", () => {
  expect(readHistory(LOG, { ...whole, cut: true }).partial).toBe(true);
  expect(readHistory(LOG, { ...whole, isShallow: true }).partial).toBe(true);
});

test("no output is no history", () => {
  expect(readHistory("", whole)).toMatchObject({ commits: 0, authors: 0 });
});
