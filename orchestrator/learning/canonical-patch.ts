/**
 * A unified diff as the set of its changes: the file and what was taken out and put in, without line
 * numbers, context, times and white space at the ends, all of which differ between equal changes.
 */

import { hash128 } from "./similarity-hash.ts";

const HEAD =
  /^(?:diff --git |--- (?:a\/|\/dev\/null|\S+\t|\S+$)|\+\+\+ )|^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m;

/** Of `git diff`, beside the names: what becomes of the file as a whole. */
const HEAD_LINE = /^(?:rename (?:from|to) |(new|deleted) file mode )/;

/** Whether a text has the head lines of a unified diff, and a line of change. */
export const looksLikePatch = (text: string): boolean =>
  HEAD.test(text) &&
  /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|^rename to |^(?:new|deleted) file mode /m.test(
    text,
  );

/** Each change once, sorted: `file#hash`. Lines of change that stand together are one change, however hunks are cut. */
export function patchChanges(patch: string): string[] {
  const changes = new Set<string>();
  let file = "";
  let run: string[] = [];
  const endRun = (): void => {
    if (run.length > 0) changes.add(`${file}#${hash128(run.join("\n"))}`);
    run = [];
  };
  const lines = patch.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const next = lines[at + 1] ?? "";
    // A line taken out may begin with "-- " too: a head is two lines.
    if (line.startsWith("--- ") && next.startsWith("+++ ")) {
      endRun();
      const [from, to] = [fileOf(line.slice(4)), fileOf(next.slice(4))];
      file = to === "/dev/null" ? from : to;
      at++;
    } else if (/^[+-]/.test(line))
      run.push(`${line[0]}${line.slice(1).trimEnd()}`);
    else if (!line.startsWith("\\")) {
      endRun();
      const head = HEAD_LINE.exec(line);
      if (line.startsWith("diff --git "))
        file = fileOf(line.split(" b/").at(-1) ?? "");
      else if (head !== null)
        changes.add(head[1] === undefined ? line.trim() : `${file} ${head[1]}`);
    }
  }
  endRun();
  return [...changes].sort();
}

/** Without the time some tools put behind a tab, and without the `a/` or `b/` of others. */
const fileOf = (name: string): string =>
  (name.split("\t")[0] ?? "").trim().replace(/^[ab]\//, "");
