/** How often something happens, in the unit that makes it a number one can read: `3.2/s`, `12/min`, `5.0/h`. */

import { grouped } from "../core/figures.ts";

export function rate(n: number, windowMs: number): string {
  const perSecond = (1_000 * n) / windowMs;
  const [value, unit] =
    perSecond >= 1
      ? [perSecond, "s"]
      : perSecond >= 1 / 60
        ? [perSecond * 60, "min"]
        : [perSecond * 3_600, "h"];
  return `${value < 10 ? value.toFixed(1) : grouped(Math.round(value))}/${unit}`;
}
