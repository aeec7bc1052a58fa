/** A scalar in one form: `$1,200.00`, `1200` and `1.2 thousand dollars` are the same, and so are `(B)`, `b.` and `B) Paris`. */

const NUMBER =
  /^(?:about |approximately |[~≈] ?)?([-+]?)[$€£¥]? ?([-+]?)(\d{1,3}(?:[, ]\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?(?: ?\/ ?(\d+(?:\.\d+)?))?(.*)$/;
/** What may stand behind a number: a unit, in a few words. */
const UNIT =
  /^(?: ?(?:%|°[cf]?|[$€£¥])|(?:[ -]?[a-z'²³./]+(?:[ -][a-z'²³./]+){0,4})?)$/;
const MAGNITUDES: Readonly<Record<string, number>> = {
  hundred: 1e2,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
};
/** Most answers, and all that follows would leave them as they are. */
const PLAIN = /^\d{1,9}$/;
/** Digits that count: what differs beyond them is rounding. */
const DIGITS = 9;
const CHOICE = /^(?:option |choice )?(?:\(([a-j])\)|([a-j])[).:])(?: .*)?$/;
const SAME: Readonly<Record<string, string>> = { yes: "true", no: "false" };

/** Of what `text` says as a whole; "" where it says nothing. */
export function normalScalar(text: string): string {
  if (PLAIN.test(text)) return String(Number(text));
  const bare = text
    .replace(/\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}/g, "$1/$2")
    .replace(/\\(?:text|mathrm|mathbf)\{([^{}]*)\}/g, "$1")
    .replace(/\\[,;! ]|\\\(|\\\)/g, " ")
    .replace(/\\\$/g, "$")
    .replace(/[*`"“”{}]|^'|'$/g, "")
    .replace(/−/g, "-")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase()
    .replace(/[\s.,;:!?]+$/, "");
  const choice = CHOICE.exec(bare);
  if (choice !== null) return choice[1] ?? choice[2] ?? "";
  return (
    normalNumber(bare.replace(/^\$([^$]+)\$$/, "$1")) ?? SAME[bare] ?? bare
  );
}

/** Null for what is no number with, at most, a unit. */
function normalNumber(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = "", inner = "", digits = "", power = "", divisor, rest = ""] =
    match;
  if (!UNIT.test(rest)) return null;
  const minus = (sign + inner).includes("-");
  const plain = digits.replace(/[, ]/g, "");
  // A long whole number, as an identifier is, keeps all of its digits.
  if (/^\d{16,}$/.test(plain) && power === "" && divisor === undefined)
    return (minus ? "-" : "") + plain.replace(/^0+(?=\d)/, "");
  const magnitude = MAGNITUDES[rest.trim().split(" ")[0] ?? ""] ?? 1;
  const size =
    (Number(plain + power) * magnitude) / (divisor ? Number(divisor) : 1);
  if (!Number.isFinite(size)) return null;
  return String(Number((minus ? -size : size).toPrecision(DIGITS)) + 0);
}
