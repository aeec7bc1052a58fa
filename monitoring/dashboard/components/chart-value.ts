/** A value of a chart in words, by its unit. */

import { bytes, count, duration, percent } from "../format.ts";

/** `unit` as of a chart; null: nothing is known. */
export function chartValue(value: number | null, unit: string): string {
  if (value === null) return "–";
  switch (unit) {
    case "ms":
      return duration(value);
    case "bytes":
      return bytes(value);
    case "share":
      return percent(value);
    case "":
      return count(value);
    default:
      return `${count(value)} ${unit}`;
  }
}
