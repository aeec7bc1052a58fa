/** What a file may look like: its name, its length, and what it exports. */

import { basename } from "node:path";
import type { Breach } from "./import-rules.ts";
import type { Module } from "./parse-module.ts";
import { TOP_LEVEL } from "./rooms.ts";

const MAX_LINES = 300;
const FOLDER = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const FILE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|config|d))?\.tsx?$/;
const SAYS_NOTHING = /(?:^|[-.])(?:utils?|helpers?|common|misc)(?:[-.]|$)/;

export function shapeBreaches(modules: readonly Module[]): Breach[] {
  return modules.flatMap((module) =>
    [
      nameBreach(module.path),
      module.lines > MAX_LINES
        ? `has ${module.lines} lines, the end is ${MAX_LINES}`
        : null,
      module.exportsAll
        ? "exports everything of another file (export *)"
        : null,
      module.onlyReExports ? "only passes on what others export" : null,
      module.defaultExport === "other" && !module.path.endsWith(".config.ts")
        ? "has a default export that is no task"
        : null,
    ].flatMap((what) =>
      what === null ? [] : [{ rule: "shape", where: module.path, what }],
    ),
  );
}

function nameBreach(path: string): string | null {
  const parts = path.split("/");
  const file = basename(path);
  if (!FILE.test(file) || !parts.slice(0, -1).every((it) => FOLDER.test(it)))
    return "is not named in kebab-case";
  if (/^index\.tsx?$/.test(file))
    return "is an index: name it after its export";
  return parts.some((part) => SAYS_NOTHING.test(part))
    ? "has a name that says nothing of what it is"
    : null;
}

/** `entries`: names of what lies at the top of the repository. */
export const topLevelBreaches = (entries: readonly string[]): Breach[] =>
  entries
    .filter((entry) => !TOP_LEVEL.has(entry))
    .map((entry) => ({
      rule: "top level",
      where: entry,
      what: "has no place at the top of the repository",
    }));
