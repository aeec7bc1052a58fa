/**
 * Makes this server known to a client: prints the entry, or merges it into the client's file.
 * A file is replaced as a whole or not at all, the old one is kept beside it, and one that
 * cannot be read as what it should be is never touched.
 */

import { isDeepStrictEqual } from "node:util";
import { BalancerError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import {
  clientFile,
  type ClientFile,
  type ClientName,
  CLIENTS,
  SERVER_NAME,
  serverEntry,
  type ServerEntry,
  type Surroundings,
} from "./client-files.ts";
import { setMember } from "./jsonc-edit.ts";
import { launchCommand } from "./launch-command.ts";
import { readIfThere, replaceFile } from "./replace-file.ts";
import { setTable } from "./toml-edit.ts";

export interface InitOptions {
  readonly client: string;
  readonly write?: boolean;
}

export interface InitReport {
  /** For stdout: the entry, or what was written. */
  readonly data: string;
  /** For stderr: where it belongs and why it is as it is. */
  readonly note: string;
}

/** Throws INVALID_ARGUMENT for an unknown client, CLIENT_FILE for a file it will not touch. */
export function init(options: InitOptions, around: Surroundings): InitReport {
  const file = clientFile(clientName(options.client), around);
  const launch = launchCommand();
  const entry = serverEntry(file.client, launch);
  const note = `The command is absolute and of this machine: ${launch.because}.`;
  if (options.write !== true)
    return {
      data: withEntry(file, "", entry).trimEnd(),
      note: `Put this into ${file.path}, or run again with --write.\n${note}`,
    };
  const before = readIfThere(file.path);
  const after = withEntry(file, before ?? "", entry);
  if (after === before)
    return {
      data: `${file.path} has it already`,
      note: "Nothing was changed.",
    };
  const backup = replaceFile(file.path, after);
  const kept = backup === null ? "" : `\nthe file as it was: ${backup}`;
  return { data: `wrote ${file.path}${kept}`, note };
}

/** The file's text with our entry in it; other keys of an entry that is there stay. */
function withEntry(file: ClientFile, text: string, entry: ServerEntry): string {
  const before = parse(file, text);
  const servers = asTable(before[file.section]);
  const old = servers && asTable(servers[SERVER_NAME]);
  if (servers === null || old === null) throw refusal(file, NOT_A_TABLE);
  const whole = { ...old, ...entry };
  const wanted = {
    ...before,
    [file.section]: { ...servers, [SERVER_NAME]: whole },
  };
  if (isDeepStrictEqual(before, wanted)) return text;
  const after = edit(file, text, entry, whole);
  // An edit that would mean anything else is not made.
  if (after === null || !means(file, after, wanted))
    throw refusal(file, "has a form that cannot be edited safely");
  return after;
}

function means(file: ClientFile, text: string, wanted: object): boolean {
  try {
    return isDeepStrictEqual(parse(file, text), wanted);
  } catch (error) {
    if (error instanceof BalancerError) return false;
    throw error;
  }
}

function edit(
  file: ClientFile,
  text: string,
  entry: ServerEntry,
  whole: object,
): string | null {
  if (file.form === "toml")
    return setTable(text, [file.section, SERVER_NAME], entry);
  if (text.trim() === "")
    return `${JSON.stringify({ [file.section]: { [SERVER_NAME]: whole } }, null, 2)}\n`;
  return setMember(text, [file.section, SERVER_NAME], whole);
}

const NOT_A_TABLE = "has something else where its servers should be";

function parse(file: ClientFile, text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = file.form === "toml" ? Bun.TOML.parse(text) : Bun.JSONC.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(file, `cannot be parsed: ${reason}`);
  }
  const table = value === undefined ? null : asTable(value);
  if (table === null) throw refusal(file, "does not hold an object");
  return table;
}

/** Nothing is an empty table; what is no table is null. */
function asTable(value: unknown): Record<string, unknown> | null {
  if (value === undefined) return {};
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

const refusal = (file: ClientFile, what: string): BalancerError =>
  new BalancerError("CLIENT_FILE", `${file.path} ${what}`, {
    hint: "Nothing was written. Mend the file, or add the entry that init prints without --write by hand.",
  });

function clientName(name: string): ClientName {
  const known = CLIENTS.find((it) => it === name);
  if (known !== undefined) return known;
  const meant = nearestName(name, CLIENTS);
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `unknown client '${name.slice(0, 80)}'${meant === null ? "" : `; did you mean ${meant}?`}`,
    { hint: `Clients: ${CLIENTS.join(", ")}.` },
  );
}
