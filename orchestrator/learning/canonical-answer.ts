/**
 * The final answer in what an expert wrote: the text itself where it is short, what is marked as the
 * answer, or else what the last statement comes to. Looks at the text alone.
 */

import { normalScalar } from "./canonical-scalar.ts";
import { looksLikeCode } from "./canonical-text.ts";

/** `sure`: only what reads as an answer, for a text nobody said to be one. `best guess`: the last number too. */
export type Certainty = "sure" | "best guess";

/** A text this short is the answer as a whole; in words, where nobody said that it is one. */
const SHORT_CHARS = 80;
const SHORT_WORDS = 3;
/** The answer stands at the end; more than this before it isn't looked at. */
const END_CHARS = 4_000;
const MAX_ANSWER_CHARS = 200;
const PLAIN_WORDS = /^[\p{L}\p{N} .,'’"%$€£-]+$/u;

/** Marks of a final answer: what follows, to the end of the line, is it. The last one counts. */
const MARKS = [
  /^[ \t]*####[ \t]+(\S.*)$(?![^]*\S)/gm,
  /^[ \t*#_>]*(?:final answer|the answer|answer|ans|a)[ \t*_]*:[ \t*_]*(\S.*)$/gim,
  /\b(?:final |correct |right )?(?:answer|option|choice)[ \t*_]*(?:is|would be|must be|will be)[ \t*_]*:?[ \t*_]*(\S.*?)(?:\.(?=\s|$)|$)/gim,
];
/** What may follow an answer in its line. */
const REASON = /,? (?:because|since|as|so|which|where|given that)\b.*$/i;
const FIGURE = String.raw`[-+]?[$€£¥]?[ ]?[-+]?(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+`;
/** Not the parts of a time of day. */
const NUMBERS = new RegExp(`(?<![\\w.:])(?:${FIGURE})(?!:\\d)`, "g");
/** What a calculation comes to, unless it goes on. */
const RESULTS = new RegExp(
  `(?:[=≈]|equals)[ ]?(${FIGURE})(?![\\d.]*[ ]?[-+*/×÷^=][ ]?[\\d($])`,
  "g",
);
const CONCLUSION =
  /\b(?:so|thus|therefore|hence|total|altogether|in all|finally)\b/i;

/** In the form of `normalScalar`; null where there is none. */
export function finalAnswer(text: string, certainty: Certainty): string | null {
  const whole = text.trim();
  if (whole === "") return null;
  const code = looksLikeCode(whole);
  const marked = code ? null : markedAnswer(whole);
  if (marked !== null) return marked;
  if (isShort(whole, certainty) && (!code || certainty === "best guess"))
    return normalScalar(whole) || null;
  if (code) return null;
  // Notes of a calculator (<<2*3=6>>) repeat what stands beside them.
  const plain = whole.slice(-END_CHARS).replace(/<<[^<>\n]*>>/g, "");
  const last = lastStatement(plain);
  const figure = lastOf(last, RESULTS) ?? lastOf(last, NUMBERS);
  if (certainty === "best guess")
    return scalarOrNull(figure ?? lastOf(plain, NUMBERS));
  return CONCLUSION.test(last) || lastOf(plain, RESULTS) !== null
    ? scalarOrNull(figure)
    : null;
}

/** What the text itself says its answer is; null where it says none. */
export function markedAnswer(text: string): string | null {
  const end = text.slice(-END_CHARS);
  const boxed = lastBoxed(end);
  if (boxed !== null) return scalarOrNull(boxed);
  for (const mark of MARKS) {
    const found = lastOf(end, mark);
    if (found !== null && found.length <= MAX_ANSWER_CHARS)
      return scalarOrNull(found.replace(REASON, ""));
  }
  return null;
}

function isShort(text: string, certainty: Certainty): boolean {
  if (text.length > SHORT_CHARS || text.includes("\n")) return false;
  return certainty === "best guess"
    ? !/[=≈]/.test(text)
    : (PLAIN_WORDS.test(text) && text.split(/\s+/).length <= SHORT_WORDS) ||
        /^-?\d[\d,.]*$/.test(normalScalar(text));
}

/** The last line or sentence that has a digit; the last one of all where none has. */
function lastStatement(text: string): string {
  const statements = text
    .split(/\n+|(?<=[.!?])\s+(?=[A-Z(])/)
    .filter((it) => it.trim() !== "");
  return statements.findLast((it) => /\d/.test(it)) ?? statements.at(-1) ?? "";
}

/** The last `\boxed{...}`, with the braces in it. */
function lastBoxed(text: string): string | null {
  const from = text.lastIndexOf("\\boxed{");
  if (from < 0) return null;
  const start = from + "\\boxed{".length;
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return text.slice(start, at);
  }
  return null;
}

/** The group, or the whole, of the last match. */
function lastOf(text: string, pattern: RegExp): string | null {
  let found: string | null = null;
  for (const match of text.matchAll(pattern)) found = match[1] ?? match[0];
  return found;
}

const scalarOrNull = (text: string | null): string | null =>
  text === null ? null : normalScalar(text) || null;
