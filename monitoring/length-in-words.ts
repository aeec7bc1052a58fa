/** A length of time for people, short or long: `0.40 ms`, `2.00 s`, `45 s`, `11 min`. */

import { durationInWords } from "../flow-balancer/core/duration-in-words.ts";
import { duration } from "../flow-balancer/core/figures.ts";

export const lengthInWords = (ms: number): string =>
  ms < 10_000 ? duration(ms) : durationInWords(ms);
