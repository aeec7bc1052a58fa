/** What an import that failed looks like to the person who wrote the module. */

import { BalancerError } from "../../core/errors.ts";

interface BunMessage {
  readonly name: string;
  readonly message: string;
  readonly position?: { readonly line: number; readonly column: number } | null;
}

/** MODULE_SYNTAX with line and column, or MODULE_IMPORT with what the module or its resolution threw. */
export function importError(
  kind: string,
  shownPath: string,
  thrown: unknown,
): BalancerError {
  const first = (
    thrown instanceof AggregateError ? thrown.errors[0] : thrown
  ) as BunMessage;
  const text = describe(first);
  if (first?.name === "BuildMessage") {
    const at = first.position
      ? `:${first.position.line}:${first.position.column}`
      : "";
    return new BalancerError(
      "MODULE_SYNTAX",
      `kind '${kind}': ${shownPath}${at}: ${text}`,
      { cause: thrown },
    );
  }
  if (first?.name === "ResolveMessage")
    return new BalancerError(
      "MODULE_IMPORT",
      `kind '${kind}': ${text.replace(/data:text\/typescript\S+/, shownPath)}`,
      {
        hint: "Install it beside the module; packages are never fetched at run time.",
        cause: thrown,
      },
    );
  return new BalancerError(
    "MODULE_IMPORT",
    `kind '${kind}': ${shownPath} threw while it was imported: ${text}`,
    { cause: thrown },
  );
}

/** A thrown value as one line, without a stack; at most 500 characters. Whatever was thrown, this does not. */
export function describe(thrown: unknown): string {
  try {
    return asText(thrown);
  } catch {
    return `a value that cannot be shown (${typeof thrown})`;
  }
}

function asText(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    const { name, message } = thrown as { name?: unknown; message: unknown };
    const prefix =
      typeof name === "string" &&
      name !== "Error" &&
      name !== "BuildMessage" &&
      name !== "ResolveMessage"
        ? `${name}: `
        : "";
    return `${prefix}${String(message)}`.slice(0, 500);
  }
  return String(thrown).slice(0, 500);
}
