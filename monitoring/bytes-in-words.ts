/** An amount of memory or disk for people, in the units in which such limits are set: `512 MiB`, `1.5 GiB`. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function bytesInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_023.5 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  const isShort = value < 10 && unit > 0 && !Number.isInteger(value);
  return `${isShort ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
