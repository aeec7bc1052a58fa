/** Numbers and times as a person reads them. Lengths are ms, moments epoch ms; what is not known is a dash. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const UNKNOWN = "–";

/** "0 ms", "840 ms", "1.2 s", "45 s", "2 m 5 s", "3 h 12 m", "4 d 6 h". */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1) return ms === 0 ? "0 ms" : `${ms.toFixed(1)} ms`;
  if (Math.round(ms) < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`;
  if (Math.round(ms / SECOND) < 60) return `${Math.round(ms / SECOND)} s`;
  if (Math.round(ms / SECOND) * SECOND < HOUR)
    return twoUnits(Math.round(ms / SECOND), 60, "m", "s");
  if (Math.round(ms / MINUTE) * MINUTE < DAY)
    return twoUnits(Math.round(ms / MINUTE), 60, "h", "m");
  return twoUnits(Math.round(ms / HOUR), 24, "d", "h");
}

function twoUnits(
  small: number,
  perLarge: number,
  large: string,
  unit: string,
): string {
  const rest = small % perLarge;
  const whole = `${Math.floor(small / perLarge)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}

/** "now", "12 s ago", "3 m ago", "2 h ago", "5 d ago"; "in 3 m" for what is to come. */
export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return UNKNOWN;
  const gone = now - at;
  if (Math.abs(gone) < SECOND) return "now";
  const text = coarse(Math.abs(gone));
  return gone < 0 ? `in ${text}` : `${text} ago`;
}

function coarse(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** Powers of 1024: "512 B", "1.5 KiB", "24 MiB". */
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return UNKNOWN;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = n;
  let unit = 0;
  while (Math.abs(value) >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit > 0 && Math.abs(value) < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const GROUPED = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** "1,234"; from a hundred thousand "123 k", from a million "1.2 M". */
export function count(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return UNKNOWN;
  const size = Math.abs(n);
  if (size >= 999_500) return `${(n / 1_000_000).toFixed(1)} M`;
  if (size >= 100_000) return `${Math.round(n / 1000)} k`;
  return GROUPED.format(n);
}

/** Of a share 0..1: "0%", "0.4%", "12%", "100%"; never 100% for less than all, nor 0% for more than none. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share))
    return UNKNOWN;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 100 && value > 99.5) return ">99%";
  return value > 0 && value < 9.95
    ? `${Number(value.toFixed(1))}%`
    : `${Math.round(value)}%`;
}

/** "2026-11-21 23:05:09.120 +01:00", in the reader's own time zone. */
export function absolute(at: number | null | undefined): string {
  if (at === null || at === undefined || !Number.isFinite(at)) return UNKNOWN;
  const moment = new Date(at);
  const two = (n: number): string => String(Math.abs(n)).padStart(2, "0");
  const offset = -moment.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  return `${date} ${clock}.${String(moment.getMilliseconds()).padStart(3, "0")} ${zone}`;
}
