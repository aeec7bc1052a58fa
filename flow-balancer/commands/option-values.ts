/** Values of options as text: checked, and refused with what is allowed. */

import { BalancerError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";

/** Throws INVALID_ARGUMENT. */
export function oneOf<Name extends string>(
  text: string,
  names: readonly Name[],
  option: string,
): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `${option} is ${quoted(text)}${didYouMean(text, names)}`,
    { hint: `Allowed: ${names.join(", ")}.` },
  );
}

/** Throws INVALID_ARGUMENT. */
export function wholeNumber(
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
  option: string,
): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `${option} is ${quoted(text)}, which is no whole number from ${min} to ${max}`,
  );
}

/** Names with commas between them; none of them empty. */
export const commaList = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** `3`, or `3/10`. Throws INVALID_ARGUMENT. */
export function parseProgress(text: string): {
  done: number;
  total: number | null;
} {
  const found = /^(\d{1,15})(?:\/(\d{1,15}))?$/.exec(text);
  if (found === null)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `--progress is ${quoted(text)}, and should be as 3 or 3/10`,
    );
  return {
    done: Number(found[1]),
    total: found[2] === undefined ? null : Number(found[2]),
  };
}

/** Of the words before `--`. Throws INVALID_ARGUMENT. */
export function onlyOne(operands: readonly string[], name: string): string {
  const [first, second] = operands;
  if (first === undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `missing required argument '${name}'`,
    );
  if (second !== undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `too many arguments: one ${name} is taken, and ${quoted(second)} is another`,
      {
        hint: "Quote what has spaces in it; the command of --evidence-command comes after '--'.",
      },
    );
  return first;
}
