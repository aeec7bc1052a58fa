/** What one source file asks of others and gives to them, read from its syntax tree. */

import { parseSync } from "oxc-parser";

export interface Import {
  /** As written; null if it is computed at run time. */
  readonly specifier: string | null;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Impurity {
  readonly what: string;
  readonly line: number;
}

export interface Module {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Uses of a clock, chance, timers, the process, the network or the console. */
  readonly impurities: readonly Impurity[];
  /** `export * from` */
  readonly exportsAll: boolean;
  /** Nothing but re-exports. */
  readonly onlyReExports: boolean;
  /** "none", "task" for `export default defineTask(...)`, or "other". */
  readonly defaultExport: "none" | "task" | "other";
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Throws if the text is not TypeScript. */
export function parseModule(path: string, source: string): Module {
  const { program, errors } = parseSync(path, source);
  if (errors[0] !== undefined)
    throw new SyntaxError(`${path}: ${errors[0].message}`);
  const imports: Import[] = [];
  const impurities: Impurity[] = [];
  const lineAt = (node: Node): number =>
    source.slice(0, node.start).split("\n").length;
  walk(program as unknown as Node, null, (node, parent) => {
    const found = importOf(node);
    if (found !== null) imports.push({ ...found, line: lineAt(node) });
    const what = impurityOf(node, parent);
    if (what !== null) impurities.push({ what, line: lineAt(node) });
  });
  const body = program.body as unknown as Node[];
  return {
    path,
    lines: source.replace(/\n$/, "").split("\n").length,
    imports,
    impurities,
    exportsAll: body.some((it) => it.type === "ExportAllDeclaration"),
    onlyReExports:
      body.length > 0 &&
      body.every((it) => it.type.startsWith("Export") && isNode(it.source)),
    defaultExport: defaultExportOf(body),
  };
}

function walk(
  node: Node,
  parent: Node | null,
  visit: (node: Node, parent: Node | null) => void,
): void {
  visit(node, parent);
  for (const child of Object.values(node).flat())
    if (isNode(child)) walk(child, node, visit);
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  "start" in value;

function importOf(node: Node): Omit<Import, "line"> | null {
  switch (node.type) {
    case "ImportDeclaration":
      return {
        specifier: text(node.source),
        typeOnly: allTypes(node, "importKind"),
      };
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return isNode(node.source)
        ? {
            specifier: text(node.source),
            typeOnly: allTypes(node, "exportKind"),
          }
        : null;
    case "ImportExpression":
      return { specifier: text(node.source), typeOnly: false };
    case "TSImportType":
      return { specifier: text(node.source), typeOnly: true };
    case "TSExternalModuleReference":
      return { specifier: text(node.expression), typeOnly: false };
    case "CallExpression":
      return isRequire(node.callee)
        ? { specifier: text((node.arguments as unknown[])[0]), typeOnly: false }
        : null;
    default:
      return null;
  }
}

/** `import type {...}`, or every name of it marked `type`. */
function allTypes(node: Node, kind: "importKind" | "exportKind"): boolean {
  const names = (node.specifiers ?? []) as Node[];
  return (
    node[kind] === "type" ||
    (names.length > 0 && names.every((name) => name[kind] === "type"))
  );
}

/** `require(...)` and `import.meta.require(...)`. */
const isRequire = (callee: unknown): boolean =>
  isNode(callee) &&
  (name(callee) === "require" ||
    (callee.type === "MemberExpression" &&
      name(callee.property) === "require" &&
      isNode(callee.object) &&
      callee.object.type === "MetaProperty"));

function text(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "Literal") return String(node.value);
  if (node.type !== "TemplateLiteral") return null;
  const quasis = node.quasis as { value: { cooked: string } }[];
  return quasis.length === 1 ? (quasis[0]?.value.cooked ?? null) : null;
}

const name = (node: unknown): string | null =>
  isNode(node) && node.type === "Identifier" ? String(node.name) : null;

const IMPURE_NAMES = new Set([
  "performance",
  "crypto",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "process",
  "Bun",
  "fetch",
  "console",
  "globalThis",
]);
const IMPURE_MEMBERS = new Set([
  "Date.now",
  "Math.random",
  "Temporal.Now",
  "AbortSignal.timeout",
]);

function impurityOf(node: Node, parent: Node | null): string | null {
  if (node.type === "MemberExpression") {
    const member = `${name(node.object)}.${name(node.property) ?? text(node.property)}`;
    return IMPURE_MEMBERS.has(member) ? member : null;
  }
  if (node.type === "NewExpression" || node.type === "CallExpression") {
    const now = (node.arguments as unknown[]).length === 0;
    return now && name(node.callee) === "Date" ? "new Date()" : null;
  }
  const used = name(node);
  if (used === null || !IMPURE_NAMES.has(used)) return null;
  return isNameOnly(node, parent) ? null : used;
}

/** A property that is called like a global is not the global. */
const isNameOnly = (node: Node, parent: Node | null): boolean =>
  parent !== null &&
  ((parent.type === "MemberExpression" &&
    parent.property === node &&
    parent.computed !== true) ||
    (parent.key === node && parent.computed !== true));

function defaultExportOf(body: readonly Node[]): Module["defaultExport"] {
  for (const node of body) {
    if (node.type === "ExportDefaultDeclaration") {
      const value = node.declaration;
      return isNode(value) &&
        value.type === "CallExpression" &&
        name(value.callee) === "defineTask"
        ? "task"
        : "other";
    }
    const names = (node.type === "ExportNamedDeclaration"
      ? node.specifiers
      : []) as unknown as { exported: Node }[];
    if (names.some(({ exported }) => name(exported) === "default"))
      return "other";
  }
  return "none";
}
