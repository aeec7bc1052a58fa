/**
 * What a task was given, gave and printed, fit to be shown: credentials are masked, by the key they stand
 * under at any depth and by what they look like, and long texts are cut. A precaution, no promise: what
 * looks like nothing is shown.
 */

import { parseOrNull } from "../core/json.ts";
import { CREDENTIALS } from "../server-log.ts";

/** Of each text that is shown, characters. */
export const CUT_AT = 16_384;
/** Longer JSON is not taken apart: its beginning is shown as text. */
const MAX_PARSED = 262_144;
const MASK = "[masked]";

const SECRET_KEY =
  /pass(?:words?|wd|phrases?)?$|_pwd$|secret|tokens?$|authorization|^x-auth|_auth$|api[_-]?key|access[_-]?key|(?:private|ssh|signing|encryption|master)[_-]?key|cookie|credential/i;
/** `max_tokens` and its like. */
const COUNT_KEY = /tokens$/i;
/** What follows it in a command's arguments is its value. */
const SECRET_OPTION =
  /^--?(?:[\w-]{0,64}[-_])?(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key)$/i;
/** With its end, or to the end of what there is. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY-----[^"]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY-----|(?=")|$)/g;
/** In text that is no JSON any more, as where it was cut. */
const SECRET_PAIR =
  /("[^"\\]{0,64}(?:pass(?:word|wd|phrase)?|secret|token|authorization|api[_-]?key|access[_-]?key|private[_-]?key|cookie|credentials?)[^"\\]{0,64}"\s{0,8}:\s{0,8})(?:"(?:[^"\\]|\\.)*"?|[^,}\]\s]+)/gi;

/** JSON text, as it is stored; null stays null. */
export function shownJson(json: string | null): string | null {
  if (json === null) return null;
  const value = json.length > MAX_PARSED ? undefined : parseOrNull(json);
  const isJson = value !== undefined && (value !== null || json === "null");
  const asText = (): string => cut(maskedText(json.slice(0, CUT_AT * 4)));
  if (!isJson) return asText();
  try {
    return cut(JSON.stringify(masked(value), null, 2));
  } catch {
    // Nested too deeply to be walked.
    return asText();
  }
}

/** The end of what was printed. */
export const shownOutput = (text: string): string =>
  maskedText(text.slice(-CUT_AT * 2)).slice(-CUT_AT);

function masked(value: unknown): unknown {
  if (typeof value === "string") return maskedText(value);
  if (Array.isArray(value)) return value.map(maskedItem);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [
      key,
      isSecret(key, it) ? MASK : masked(it),
    ]),
  );
}

const isSecret = (key: string, it: unknown): boolean =>
  it !== null &&
  SECRET_KEY.test(key) &&
  !(typeof it === "number" && COUNT_KEY.test(key));

function maskedItem(it: unknown, at: number, list: readonly unknown[]) {
  const before = list[at - 1];
  const isValue =
    typeof it === "string" &&
    typeof before === "string" &&
    SECRET_OPTION.test(before) &&
    !it.startsWith("-");
  return isValue ? MASK : masked(it);
}

/** Line by line, long ones in pieces, between words where that can be: a pattern that goes back and forth over a text without an end would hold the server up. */
export const maskedText = (text: string): string =>
  text
    .replace(PRIVATE_KEY, MASK)
    .replace(SECRET_PAIR, `$1"${MASK}"`)
    .replace(/[^\n]{1,4096}(?:\s|$)|[^\n]{1,4096}/g, (piece) => {
      let shown = piece;
      for (const { pattern, replacement } of CREDENTIALS)
        shown = shown.replace(pattern, replacement as string);
      return shown;
    });

const cut = (text: string): string =>
  text.length <= CUT_AT ? text : `${text.slice(0, CUT_AT)}…`;
