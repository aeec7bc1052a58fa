/**
 * A result in the one form that equal results share, whatever expert wrote them and however: by kind,
 * so that what says nothing (the order of keys, line numbers of a patch, the way to an answer) is gone.
 */

import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { finalAnswer } from "./canonical-answer.ts";
import { jsonLeaves, sortedJson } from "./canonical-json.ts";
import { patchChanges } from "./canonical-patch.ts";
import { normalScalar } from "./canonical-scalar.ts";
import { normalText } from "./canonical-text.ts";
import {
  answerField,
  guessKind,
  parsedContainer,
  type ResultKind,
} from "./result-kind.ts";
import { hash128 } from "./similarity-hash.ts";

export type { ResultKind };

export interface CanonicalResult {
  readonly kind: ResultKind;
  /** Equal keys of one kind: the same result. Up to 256 characters it can be read, beyond it is a hash. */
  readonly key: string;
  /** What two of the kind have in common or not, each once, sorted: items of a set, changes of a patch, leaves of a structure. */
  readonly items?: readonly string[];
  /** Normal text: of text, and of an answer that came with its reasons, to be held against a text that has no answer. */
  readonly text?: string;
}

const MAX_READABLE_KEY = 256;

/** `kind` left out: guessed from the value. A value that is not of the kind it is said to be is text. */
export function canonicalise(
  value: JsonValue,
  kind: ResultKind = guessKind(value),
): CanonicalResult {
  switch (kind) {
    case "answer":
      return answerResult(value) ?? textResult(value);
    case "set":
      return setResult(value) ?? textResult(value);
    case "json": {
      const structure = structureOf(value);
      return {
        kind,
        key: keyOf(sortedJson(structure)),
        items: jsonLeaves(structure),
      };
    }
    case "patch": {
      const changes = typeof value === "string" ? patchChanges(value) : [];
      if (changes.length === 0) return textResult(value);
      return { kind, key: keyOf(changes.join("\n")), items: changes };
    }
    case "text":
      return textResult(value);
  }
}

function answerResult(value: JsonValue): CanonicalResult | null {
  const said = answerField(structureOf(value)) ?? value;
  if (typeof said === "object" && said !== null) return null;
  const answer =
    typeof said === "string"
      ? finalAnswer(said, "best guess")
      : normalScalar(String(said));
  if (answer === null) return null;
  const key = keyOf(answer);
  return typeof value === "string" && value.trim() !== answer
    ? { kind: "answer", key, text: normalText(value) }
    : { kind: "answer", key };
}

/** A list, or the lines of a text. */
function setResult(value: JsonValue): CanonicalResult | null {
  const list = structureOf(value);
  const members = Array.isArray(list)
    ? (list as readonly JsonValue[])
    : typeof list === "string"
      ? list.split("\n").filter((line) => line.trim() !== "")
      : null;
  if (members === null) return null;
  const items = [...new Set(members.map(itemOf))].sort();
  return { kind: "set", key: keyOf(JSON.stringify(items)), items };
}

const itemOf = (item: JsonValue): string =>
  typeof item === "string" ? normalText(item) : sortedJson(item);

function textResult(value: JsonValue): CanonicalResult {
  const text = normalText(
    typeof value === "string" ? value : sortedJson(value),
  );
  return { kind: "text", key: keyOf(text), text };
}

/** What a text is the JSON of, or the value itself. */
const structureOf = (value: JsonValue): JsonValue =>
  typeof value === "string" ? (parsedContainer(value) ?? value) : value;

const keyOf = (form: string): string =>
  form.length <= MAX_READABLE_KEY ? form : `#${hash128(form)}`;
