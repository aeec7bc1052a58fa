/** Which clients know this server, and whether what they would start is there. */

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import {
  clientFile,
  type ClientFile,
  CLIENTS,
  SERVER_NAME,
  type Surroundings,
} from "../client-files.ts";
import { readIfThere } from "../replace-file.ts";
import { type Finding, ok, warn } from "./finding.ts";

export function checkClients(around: Surroundings): Finding[] {
  const findings = CLIENTS.flatMap((client) =>
    checkClient(clientFile(client, around)),
  );
  return findings.length > 0
    ? findings
    : [
        ok(
          "clients",
          "none knows this server yet: flow-balancer init --client claude --write",
        ),
      ];
}

/** Nothing for a client that does not name us. */
function checkClient(file: ClientFile): Finding[] {
  const again = `flow-balancer init --client ${file.client} --write`;
  const read = readEntry(file);
  switch (read.type) {
    case "none":
      return [];
    case "unreadable":
      return [
        warn(
          "clients",
          `${file.client}: ${file.path} cannot be read: ${read.reason}`,
          "Mend the file: the client cannot read it either.",
        ),
      ];
    case "entry": {
      const missing = read.words.find(
        (word) => isAbsolute(word) && !existsSync(word),
      );
      return [
        missing === undefined
          ? ok("clients", `${file.client}: ${file.path}`)
          : warn(
              "clients",
              `${file.client}: ${file.path} starts ${missing}, which is not there`,
              again,
            ),
      ];
    }
  }
}

type Entry =
  | { readonly type: "none" }
  | { readonly type: "unreadable"; readonly reason: string }
  | { readonly type: "entry"; readonly words: readonly string[] };

function readEntry({ path, form, section }: ClientFile): Entry {
  try {
    const text = readIfThere(path);
    if (text === null || text.trim() === "") return { type: "none" };
    const root: unknown =
      form === "toml" ? Bun.TOML.parse(text) : Bun.JSONC.parse(text);
    const entry = member(member(root, section), SERVER_NAME);
    if (entry === undefined) return { type: "none" };
    const args = member(entry, "args");
    const words = [
      member(entry, "command"),
      ...(Array.isArray(args) ? args : []),
    ];
    return {
      type: "entry",
      words: words.filter((word) => typeof word === "string"),
    };
  } catch (error) {
    return { type: "unreadable", reason: (error as Error).message };
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
