/** Small made-up repositories with one breach each, and one without. */

interface Planted {
  readonly name: string;
  readonly sources: Readonly<Record<string, string>>;
  /** Part of the one line that must be reported. */
  readonly says: string;
}

const one = (
  name: string,
  path: string,
  source: string,
  says: string,
): Planted => ({ name, sources: { [path]: source }, says });

const pure = (source: string, says: string): Planted =>
  one(`${says} in core`, "flow-balancer/core/a.ts", source, says);

export const PLANTED: readonly Planted[] = [
  one(
    "worker -> pool",
    "flow-balancer/worker/a.ts",
    'import { b } from "../pool/b.ts";',
    "worker -> pool (flow-balancer/pool/b.ts): no such arrow",
  ),
  one(
    "a type counts",
    "flow-balancer/mcp/a.ts",
    'import type { B } from "../store/b.ts";',
    "mcp -> store",
  ),
  one(
    "a re-export counts",
    "flow-balancer/queue/a.ts",
    'export { b } from "../mcp/b.ts";\nexport const c = 1;',
    "queue -> mcp",
  ),
  one(
    "import() counts",
    "flow-balancer/store/a.ts",
    "export const b = await import(`../queue/b.ts`);",
    "store -> queue",
  ),
  one(
    "a type's import() counts",
    "flow-balancer/codec/a.ts",
    'export type B = import("../store/b.ts").B;',
    "codec -> store",
  ),
  one(
    "import = require counts",
    "flow-balancer/pool/a.ts",
    'import b = require("../queue/b.ts");\nexport const c = b;',
    "pool -> queue",
  ),
  one(
    "require counts",
    "flow-balancer/env.ts",
    'export const b = require("./store/b.ts");',
    "env -> store",
  ),
  one(
    "a computed import",
    "flow-balancer/mcp/a.ts",
    "export const load = (name: string) => import(name);",
    "known only at run time",
  ),
  one(
    "dispatcher takes types of the pool, not values",
    "flow-balancer/dispatcher.ts",
    'import { type A, b } from "./pool/b.ts";\nexport const c: A = b;',
    "dispatcher -> pool (flow-balancer/pool/b.ts): types only",
  ),
  one(
    "a command reaches into the engine",
    "flow-balancer/commands/a.ts",
    'import { b } from "../store/b.ts";',
    "commands -> store",
  ),
  one(
    "the composition root is imported by none",
    "flow-balancer/mcp/a.ts",
    'import { app } from "../app.ts";',
    "composition is imported by none",
  ),
  one(
    "tests are imported by none",
    "flow-balancer/app.ts",
    'import { a } from "../tests/a.ts";',
    "tests is imported by none",
  ),
  one(
    "mechanism -> policy",
    "flow-balancer/pool/a.ts",
    'import { b } from "../../orchestrator/learning/b.ts";',
    "mechanism and policy never import one another",
  ),
  one(
    "policy -> observation",
    "orchestrator/routing/a.ts",
    'import { b } from "../../monitoring/b.ts";',
    "policy and observation never import one another",
  ),
  one(
    "observation -> mechanism",
    "monitoring/a.ts",
    'import { b } from "../flow-balancer/pool/b.ts";',
    "observation and mechanism never import one another",
  ),
  one(
    "learning -> routing",
    "orchestrator/learning/a.ts",
    'import { b } from "../routing/b.ts";',
    "learning -> routing",
  ),
  one("no room", "flow-balancer/new/a.ts", "", "is in no room"),
  one(
    "an import of what is in no room",
    "flow-balancer/mcp/a.ts",
    'import data from "../../traces/b.json";',
    "which is in no room",
  ),
  {
    name: "a circle",
    sources: {
      "flow-balancer/pool/a.ts": 'import { b } from "./b.ts";',
      "flow-balancer/pool/b.ts": 'import type { C } from "./c.ts";',
      "flow-balancer/pool/c.ts": 'import { a } from "./a.ts";',
    },
    says: "flow-balancer/pool/a.ts -> flow-balancer/pool/b.ts -> flow-balancer/pool/c.ts -> flow-balancer/pool/a.ts",
  },
  pure("export const a = Date.now();", "uses Date.now"),
  pure("export const a = new Date();", "uses new Date()"),
  pure("export const a = performance.now();", "uses performance"),
  pure("export const a = Math.random();", "uses Math.random"),
  pure("export const a = crypto.randomUUID();", "uses crypto"),
  pure("export const a = () => setTimeout(a, 1);", "uses setTimeout"),
  pure("export const a = () => setInterval(a, 1);", "uses setInterval"),
  pure("export const a = process.env.A;", "uses process"),
  pure("export const a = { process };", "uses process"),
  pure("export const a = Bun.version;", "uses Bun"),
  pure('export const a = fetch("http://127.0.0.1");', "uses fetch"),
  pure('console.log("a");', "uses console"),
  pure('export const a = globalThis["Date"];', "uses globalThis"),
  pure('export const a = Math["random"]();', "uses Math.random"),
  pure("export const a = AbortSignal.timeout(1);", "uses AbortSignal.timeout"),
  pure('import { join } from "node:path";', "imports node:path"),
  pure('import { Database } from "bun:sqlite";', "imports bun:sqlite"),
  one(
    "a clock in policy",
    "orchestrator/learning/a.ts",
    "export const a = Date.now();",
    "uses Date.now",
  ),
  one(
    "a default export",
    "flow-balancer/mcp/a.ts",
    "export default function a() {}",
    "default export",
  ),
  one(
    "a default export by another name",
    "flow-balancer/mcp/a.ts",
    "const a = 1;\nexport { a as default };",
    "default export",
  ),
  one(
    "export *",
    "flow-balancer/mcp/a.ts",
    'export * from "./b.ts";\nexport const c = 1;',
    "export *",
  ),
  one(
    "a file of re-exports",
    "flow-balancer/mcp/a.ts",
    'export { b } from "./b.ts";\nexport type { C } from "./c.ts";',
    "only passes on",
  ),
  one("an index", "flow-balancer/mcp/index.ts", "", "is an index"),
  one("a camelCase file", "flow-balancer/mcp/aB.ts", "", "kebab-case"),
  one("a folder with a big letter", "tests/Mcp/a.ts", "", "kebab-case"),
  one("utils", "flow-balancer/mcp/utils.ts", "", "says nothing"),
  one("helpers", "tests/helpers/a.ts", "", "says nothing"),
  one("common", "flow-balancer/mcp/common-types.ts", "", "says nothing"),
  one(
    "301 lines",
    "flow-balancer/mcp/a.ts",
    "export const a = [\n" + "  1,\n".repeat(299) + "];\n",
    "has 301 lines",
  ),
];

export const SOUND: Readonly<Record<string, string>> = {
  "flow-balancer/core/a.ts":
    'import type { B } from "./b.ts";\nexport const a = (b: B, at: number) => [b.process, b.fetch(), new Date(at), { console: 1 }];\n',
  "flow-balancer/core/b.ts":
    "export interface B { process: number; fetch(): void }\n",
  "flow-balancer/pool/c.ts":
    'import { a } from "../core/a.ts";\nimport { d } from "../worker/d.ts";\nexport const c = [a, d, Date.now()];\n',
  "flow-balancer/worker/d.ts":
    "export const d = (path: string) => import(path);\n",
  "flow-balancer/dispatcher.ts":
    'import type { C } from "./pool/c.ts";\nimport { type B } from "./pool/c.ts";\nexport type D = C | B;\n',
  "flow-balancer/queue/e.ts":
    'import { f } from "../store/f.ts";\nimport manifest from "../../package.json" with { type: "json" };\nexport const e = [f, manifest];\n',
  "flow-balancer/store/f.ts": `export const f = [\n${"  1,\n".repeat(298)}];\n`,
  "flow-balancer/store/drizzle.config.ts": "export default {};\n",
  "flow-balancer/app.ts":
    'import { e } from "./queue/e.ts";\nimport { g } from "../orchestrator/routing/g.ts";\nexport const app = [e, g];\n',
  "orchestrator/routing/g.ts":
    'import { h } from "../learning/h.ts";\nexport const g = h;\n',
  "orchestrator/learning/h.ts": "export const h = Math.max(1, 2);\n",
  "tests/tasks/i.ts":
    'import { defineTask } from "../../flow-balancer/worker/d.ts";\nexport default defineTask({});\n',
};
