/** The input of a shell task, checked before anything is started. All paths come out absolute. */

import { realpathSync, statSync, type Stats } from "node:fs";
import { dirname, isAbsolute, resolve, sep } from "node:path";
import { BalancerError, type ErrorCode } from "../../core/errors.ts";
import type { WorkerSettings } from "../protocol.ts";

export interface ShellCommand {
  readonly argv: readonly [string, ...string[]];
  /** The program argv[0] names, absolute. */
  readonly program: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | null;
  readonly maxOutputBytes: number;
  readonly okExitCodes: readonly number[];
}

/** What a model can read in one answer; the rest is had by read_task_output. */
const DEFAULT_OUTPUT_BYTES = 65_536;
/** The kernel's MAX_ARG_STRLEN: one argument with its NUL. */
const MAX_ARG_BYTES = 131_072;

export const SHELL_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    argv: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description: "Program and arguments; no shell reads it",
    },
    cwd: { type: "string", description: "Inside the allowed roots" },
    env: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Added to the task's environment",
    },
    stdin: { type: "string" },
    max_output_bytes: {
      type: "integer",
      minimum: 1,
      description: "A stream; head and tail are kept",
    },
    ok_exit_codes: { type: "array", items: { type: "integer" } },
  },
  required: ["argv"],
  additionalProperties: false,
} as const;

/** Names through which code gets into a process, or our own marks would be lost. */
const CODE_INJECTING =
  /^(LD_|DYLD_|BUN_|NODE_OPTIONS$|FLOW_BALANCER_|BASH_ENV$|ENV$|IFS$)/;

const refuse = (code: ErrorCode, message: string, hint?: string): never => {
  throw new BalancerError(code, message, hint === undefined ? {} : { hint });
};

/** Throws a BalancerError that names the field; `environment` is what the command would inherit. */
export function parseShellInput(
  input: unknown,
  settings: WorkerSettings,
  environment: Readonly<Record<string, string | undefined>>,
): ShellCommand {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return refuse("INVALID_INPUT", "the input of a shell task is an object");
  const known = Object.keys(SHELL_SCHEMA.properties);
  const extra = Object.keys(input).find((key) => !known.includes(key));
  if (extra !== undefined)
    return refuse(
      "INVALID_INPUT",
      `/${extra.slice(0, 80)}: unknown key; a shell task takes ${known.join(", ")}`,
    );
  const fields = input as Record<string, unknown>;
  const argv = parseArgv(fields["argv"]);
  const cwd = parseCwd(fields["cwd"], settings);
  const env = {
    ...inheritable(environment),
    ...parseEnv(fields["env"]),
  };
  return {
    argv,
    program: findProgram(argv[0], cwd, env["PATH"]),
    cwd,
    env,
    stdin: optional(fields, "stdin", "a string", isString) ?? null,
    maxOutputBytes: Math.min(
      optional(fields, "max_output_bytes", "a positive integer", isCount) ??
        DEFAULT_OUTPUT_BYTES,
      settings.maxOutputBytes,
    ),
    okExitCodes: optional(
      fields,
      "ok_exit_codes",
      "an array of integers",
      isIntegers,
    ) ?? [0],
  };
}

const isString = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0;
const isIntegers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isSafeInteger);

function optional<T>(
  fields: Record<string, unknown>,
  name: string,
  expected: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = fields[name];
  if (value === undefined || is(value)) return value;
  return refuse("INVALID_INPUT", `/${name}: expected ${expected}`);
}

function parseArgv(value: unknown): [string, ...string[]] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isString))
    return refuse(
      "INVALID_COMMAND",
      "/argv: expected a non-empty array of strings",
      'Pass the program and each argument apart, as ["git", "status"].',
    );
  for (const [index, part] of value.entries()) {
    if (part.includes("\0"))
      return refuse("INVALID_COMMAND", `/argv/${index}: contains a NUL byte`);
    if (Buffer.byteLength(part) >= MAX_ARG_BYTES)
      return refuse(
        "ARG_TOO_LONG",
        `/argv/${index}: ${Buffer.byteLength(part)} bytes, the kernel's limit is ${MAX_ARG_BYTES - 1}`,
        "Pass it by stdin or in a file.",
      );
  }
  if (value[0] === "")
    return refuse("INVALID_COMMAND", "/argv/0: the program has no name");
  return value as [string, ...string[]];
}

function parseCwd(value: unknown, settings: WorkerSettings): string {
  if (value === undefined) return settings.workDir;
  if (!isString(value) || value === "" || value.includes("\0"))
    return refuse("INVALID_INPUT", "/cwd: expected a path");
  const path = resolve(settings.workDir, value);
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    // What is outside the roots is not even said to be missing.
    return isInside(nearestReal(path), settings.roots)
      ? refuse("CWD_MISSING", `/cwd: there is no directory ${quoted(value)}`)
      : outside();
  }
  if (!isInside(real, settings.roots)) return outside();
  if (!statSync(real).isDirectory())
    return refuse("CWD_MISSING", `/cwd: ${quoted(value)} is not a directory`);
  return real;
}

/** Where the longest part of the path that exists really is. */
function nearestReal(path: string): string {
  for (let part = path; ; part = dirname(part)) {
    try {
      return realpathSync(part);
    } catch {
      if (dirname(part) === part) return part;
    }
  }
}

const outside = (): never =>
  refuse(
    "CWD_OUTSIDE_ROOTS",
    "/cwd: resolves outside the allowed directories",
    "Choose a directory inside the project, or add one to 'roots' in flow-balancer.toml.",
  );

const isInside = (path: string, roots: readonly string[]): boolean =>
  roots.some(
    (root) =>
      path === root || path.startsWith(root.endsWith(sep) ? root : root + sep),
  );

/** As it came, but never so much of it that it drowns the message. */
const quoted = (text: string): string => `'${text.slice(0, 80)}'`;

function parseEnv(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse("INVALID_INPUT", "/env: expected an object of strings");
  for (const [name, content] of Object.entries(value)) {
    if (!isString(content) || content.includes("\0"))
      return refuse(
        "INVALID_INPUT",
        `/env/${name.slice(0, 80)}: expected a string`,
      );
    if (
      !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ||
      CODE_INJECTING.test(name) ||
      (name === "PATH" && !content.split(":").every(isAbsolute))
    )
      return refuse(
        "ENV_NOT_ALLOWED",
        `/env/${name.slice(0, 80)}: ${name === "PATH" ? "every entry must be absolute" : "this name cannot be set"}`,
      );
  }
  return value as Record<string, string>;
}

/** The worker's own environment without what steers Bun. */
function inheritable(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && !name.startsWith("BUN_")) kept[name] = value;
  return kept;
}

function findProgram(
  name: string,
  cwd: string,
  path: string | undefined,
): string {
  const found = name.includes("/")
    ? resolve(cwd, name)
    : // The kernel's NAME_MAX: of more than that, Bun.which throws.
      name.length > 255
      ? null
      : Bun.which(name, { PATH: path ?? "/usr/bin:/bin", cwd });
  if (found === null)
    return refuse(
      "COMMAND_NOT_FOUND",
      `/argv/0: ${quoted(name)} is not on the PATH`,
      "Give the program's full path, or install it.",
    );
  const info = lookAt(found);
  if (info === null)
    return refuse(
      "COMMAND_NOT_FOUND",
      `/argv/0: there is no file ${quoted(name)}`,
    );
  if (!info.isFile() || (info.mode & 0o111) === 0)
    return refuse(
      "EXEC_FAILED",
      `/argv/0: ${quoted(name)} is ${info.isFile() ? "not executable" : "not a file"}`,
    );
  return found;
}

/** Null for whatever cannot be reached: a file taken for a directory, a name too long, a loop of links. */
function lookAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
