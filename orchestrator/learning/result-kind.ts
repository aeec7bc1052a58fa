/**
 * Of what kind a result is, which decides how two of them are compared. A task may declare it; where
 * it does not, it is guessed from the value alone, and what is unclear is text.
 */

import {
  assertPlainJson,
  type JsonValue,
} from "../../flow-balancer/core/json.ts";
import { finalAnswer } from "./canonical-answer.ts";
import { looksLikePatch } from "./canonical-patch.ts";

/**
 * `answer`: one scalar, or prose that ends in one; `set`: items whose order says nothing; `json`: a
 * structure; `patch`: a unified diff; `text`: everything else.
 */
export type ResultKind = "answer" | "set" | "json" | "patch" | "text";

/** A list of numbers is a structure: its order may matter. */
export function guessKind(value: JsonValue): ResultKind {
  if (Array.isArray(value))
    return value.every((it) => typeof it === "string" || isObject(it))
      ? "set"
      : "json";
  if (isObject(value)) return answerField(value) === null ? "json" : "answer";
  if (typeof value !== "string") return "answer";
  if (looksLikePatch(value)) return "patch";
  const parsed = parsedContainer(value);
  if (parsed !== null) return guessKind(parsed);
  return finalAnswer(value, "sure") === null ? "text" : "answer";
}

/** The list or object that a text is the JSON of; null for every other text, and for JSON that is too deep. */
export function parsedContainer(text: string): JsonValue | null {
  const trimmed = text
    .trim()
    .replace(/^```(?:json)?\s|```$/g, "")
    .trim();
  if (!/^[[{]/.test(trimmed) || !/[\]}]$/.test(trimmed)) return null;
  try {
    const value = JSON.parse(trimmed) as JsonValue;
    assertPlainJson(value);
    return value;
  } catch {
    return null;
  }
}

/** How fields are named that say the answer, and those that say how it came about. */
const ANSWER_FIELD = /^(?:final_?)?answer$/i;
const REASON_FIELD =
  /^(?:reason(?:s|ing)?|explanations?|thoughts?|thinking|steps|rationale|work(?:ing)?|analysis|confidence)$/i;

/** The one answer of an object that says, at most, how it came about besides; null for every other value. */
export function answerField(
  value: JsonValue,
): string | number | boolean | null {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return null;
  const fields = Object.entries(value);
  const answers = fields.filter(([name]) => ANSWER_FIELD.test(name));
  const [, answer = null] = answers[0] ?? [];
  const isAnswer =
    answers.length === 1 &&
    fields.every(
      ([name]) => ANSWER_FIELD.test(name) || REASON_FIELD.test(name),
    );
  return isAnswer && typeof answer !== "object" ? answer : null;
}

const isObject = (value: JsonValue): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
