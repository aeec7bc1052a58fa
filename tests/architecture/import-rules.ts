/** Who may import whom: the arrows of the table, no circles, and rooms that stay pure. */

import { posix } from "node:path";
import type { Import, Module } from "./parse-module.ts";
import { type Room, roomOf } from "./rooms.ts";

export interface Breach {
  readonly rule: string;
  readonly where: string;
  readonly what: string;
}

/** The file an import names, from the top; null for a package or a computed name. */
function targetOf(from: string, { specifier }: Import): string | null {
  return specifier?.startsWith(".") === true
    ? posix.join(posix.dirname(from), specifier)
    : null;
}

export function arrowBreaches(modules: readonly Module[]): Breach[] {
  return modules.flatMap((module) => {
    const room = roomOf(module.path);
    if (room === undefined)
      return [breach("room", module.path, "is in no room of the table")];
    return module.imports.flatMap((it) => {
      const reason = refusal(room, module.path, it);
      return reason === null
        ? []
        : [breach("arrow", `${module.path}:${it.line}`, reason)];
    });
  });
}

function refusal(room: Room, from: string, it: Import): string | null {
  if (it.specifier === null)
    return room.loadsModules === true || room.imports === "*"
      ? null
      : "imports a name known only at run time";
  const target = targetOf(from, it);
  if (target === null) return null;
  // Data about the package itself, for anybody who is not pure.
  if (target === "package.json")
    return room.pure === true ? "reads package.json" : null;
  const to = roomOf(target);
  if (to === undefined) return `imports ${target}, which is in no room`;
  if (to === room) return null;
  const arrow = `${room.name} -> ${to.name} (${target})`;
  if (to.importedBy !== undefined && !to.importedBy.includes(room.name))
    return `${arrow}: ${to.name} is imported by none`;
  if (room.imports === "*" || room.imports.includes(to.name)) return null;
  if (room.importsTypes?.includes(to.name) === true)
    return it.typeOnly ? null : `${arrow}: types only`;
  return room.part !== undefined &&
    to.part !== undefined &&
    room.part !== to.part
    ? `${arrow}: ${room.part} and ${to.part} never import one another`
    : `${arrow}: no such arrow`;
}

export function purityBreaches(modules: readonly Module[]): Breach[] {
  return modules
    .filter(({ path }) => roomOf(path)?.pure === true)
    .flatMap(({ path, imports, impurities }) => [
      ...impurities.map(({ what, line }) =>
        breach("purity", `${path}:${line}`, `uses ${what}`),
      ),
      ...imports
        .filter(({ specifier }) => specifier?.startsWith(".") === false)
        .map(({ specifier, line }) =>
          breach("purity", `${path}:${line}`, `imports ${specifier}`),
        ),
    ]);
}

/** Each circle once, types counted too: files that need each other are one idea. */
export function circleBreaches(modules: readonly Module[]): Breach[] {
  const edges = new Map(
    modules.map((module) => [
      module.path,
      module.imports.flatMap((it) => targetOf(module.path, it) ?? []),
    ]),
  );
  const done = new Set<string>();
  const breaches: Breach[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      const circle = [...trail.slice(trail.indexOf(path)), path];
      breaches.push(breach("circle", path, circle.join(" -> ")));
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return breaches;
}

const breach = (rule: string, where: string, what: string): Breach => ({
  rule,
  where,
  what,
});
