/** Texts from outside: what is too long or cannot be shown is refused where it enters; what is shown again cannot steer a terminal. */

import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";

/** Control characters, and those that reorder or break the line they stand in. */
const UNSHOWABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const ALL_UNSHOWABLE = new RegExp(UNSHOWABLE.source, "gu");

interface TextLimits {
  /** A JSON pointer, or a name. */
  readonly where: string;
  /** In UTF-16 units; at least 1 is needed. */
  readonly max: number;
  /** One line without control characters, for names and titles. */
  readonly isLine: boolean;
}

/** Throws INVALID_ARGUMENT; otherwise returns nothing. */
export function checkText(text: string, limits: TextLimits): void {
  const { where, max, isLine } = limits;
  if (text.length === 0 || text.length > max)
    throw invalid(
      `${where}: 1 to ${max} characters are needed, got ${text.length}`,
    );
  if (!text.isWellFormed())
    throw invalid(`${where}: ${quoted(text)} is not well-formed Unicode`);
  if (isLine && UNSHOWABLE.test(text))
    throw invalid(
      `${where}: ${quoted(text)} has control characters`,
      "Use one line of plain text.",
    );
}

/** Throws OUT_OF_RANGE unless it is a whole number within. */
export function checkWhole(
  value: number,
  where: string,
  min: number,
  max: number,
): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new BalancerError(
      "OUT_OF_RANGE",
      `${where} must be a whole number from ${min} to ${max}, got ${value}`,
    );
}

export const invalid = (message: string, hint?: string): BalancerError =>
  new BalancerError(
    "INVALID_ARGUMENT",
    message,
    hint === undefined ? {} : { hint },
  );

/** At most `max` characters, with every control character written out. */
export const shown = (text: string, max = 200): string =>
  (text.length > max ? `${text.slice(0, max)}...` : text)
    .toWellFormed()
    .replaceAll(
      ALL_UNSHOWABLE,
      (char) =>
        `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    );
