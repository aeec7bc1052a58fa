/** How a tool's caller says what a task comes after: an id, or an id and how that has to end. */

import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import {
  DEPENDENCY_ENDS,
  type Dependency,
  type DependencyOn,
} from "../core/task.ts";

/** `<ref>`, `<ref>:success`, `<ref>:finish` or `<ref>:failure`. Throws INVALID_ARGUMENT and says where. */
export function parseDependency(
  text: string,
  where: string,
): { readonly ref: string; readonly on: DependencyOn } {
  const at = text.lastIndexOf(":");
  if (at < 0) return { ref: text, on: "success" };
  const on = DEPENDENCY_ENDS.find((end) => end === text.slice(at + 1));
  if (on !== undefined && at > 0) return { ref: text.slice(0, at), on };
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `${where}: ${quoted(text)} must be an id, or an id and one of ':${DEPENDENCY_ENDS.join("', ':")}'`,
  );
}

export const parseDependencies = (
  texts: readonly string[],
  where: string,
): Dependency[] =>
  texts.map((text, index) => {
    const { ref, on } = parseDependency(text, `${where}/${index}`);
    return { id: ref as Dependency["id"], on };
  });
