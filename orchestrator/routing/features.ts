/**
 * What a router sees of a task: the hashed words of its text, kind and tags, and the shape of the text (how
 * long, how many digits, ...), which says something of texts whose words were never seen.
 */

import type { RouteQuestion } from "../../flow-balancer/core/expert.ts";
import { HashedWords } from "./hashed-words.ts";

export type FeatureSource = Pick<
  RouteQuestion,
  "kind" | "bucket" | "tags" | "text"
>;

export interface Features {
  /** What is counted and shrunk together. */
  readonly type: string;
  /** 0..2^16-1, each once. */
  readonly words: Uint16Array;
  /** `SHAPES` numbers, each within -4..4, most of them within -2..2. */
  readonly shape: readonly number[];
}

export const SHAPES = 10;

/** Characters beyond these do not count for the shape. */
const MAX_CHARS = 8_192;
const MAX_TAGS = 16;
/** One odd text must not turn what was learned of all others. */
const MAX_SHAPE = 4;
const IN_TEXT = 0;
const IN_NAMES = 0x5b_d1_e9_95;

export class FeatureReader {
  readonly #words = new HashedWords();
  #last: readonly [FeatureSource, Features] | null = null;

  /** The one before is remembered: a task is read to decide, and again to learn. */
  read(task: FeatureSource): Features {
    const { kind, bucket, tags, text } = task;
    const [last, known] = this.#last ?? [];
    if (
      known !== undefined &&
      last?.kind === kind &&
      last.bucket === bucket &&
      last.tags === tags &&
      last.text === text
    )
      return known;
    const features = this.#read(task);
    this.#last = [{ kind, bucket, tags, text }, features];
    return features;
  }

  #read({ kind, bucket, tags, text }: FeatureSource): Features {
    this.#words.start();
    const count = this.#words.add(text, IN_TEXT);
    for (const name of [kind, bucket, ...tags.slice(0, MAX_TAGS)])
      this.#words.add(name, IN_NAMES);
    return {
      type: typeOf(kind, bucket),
      words: this.#words.places(),
      shape: shapeOf(text, count),
    };
  }
}

export const typeOf = (kind: string, bucket: string): string =>
  bucket === "" ? kind : `${kind}|${bucket}`;

/** Scaled by hand so that they spread about as far as one another for prose, code and questions. */
function shapeOf(text: string, words: number): number[] {
  const length = Math.min(text.length, MAX_CHARS);
  const counts = countsOf(text, length);
  const share = (count: number): number => (10 * count) / Math.max(1, length);
  return [
    Math.log(1 + length) / 3 - 2,
    share(counts.digits),
    share(counts.capitals),
    share(counts.marks),
    2 * share(counts.beyondAscii),
    Math.log1p(counts.lines) / 2 - 0.8,
    counts.hasQuestion ? 1 : 0,
    length / Math.max(1, words) / 5 - 1,
    Math.log1p(counts.longestLaterLine) / 3 - 1,
    Math.log1p(words) / 3 - 1,
  ].map((it) => Math.max(-MAX_SHAPE, Math.min(MAX_SHAPE, it)));
}

function countsOf(text: string, length: number) {
  let [digits, capitals, marks, beyondAscii, lines] = [0, 0, 0, 0, 0];
  let hasQuestion = false;
  let longestLaterLine = 0;
  let lineFrom = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) continue;
    if (code === 32) continue;
    if (code >= 48 && code <= 57) digits++;
    else if (code >= 65 && code <= 90) capitals++;
    else if (code === 10) {
      if (lines > 0)
        longestLaterLine = Math.max(longestLaterLine, at - lineFrom);
      lines++;
      lineFrom = at + 1;
    } else if (code === 63) hasQuestion = true;
    else if (code < 128) marks++;
    else beyondAscii++;
  }
  if (lines > 0)
    longestLaterLine = Math.max(longestLaterLine, length - lineFrom);
  return {
    digits,
    capitals,
    marks,
    beyondAscii,
    lines,
    hasQuestion,
    longestLaterLine,
  };
}
