/**
 * Which content coding an answer gets: RFC 9110, 12.5.3. Pure. Among codings the client likes equally the
 * server's order decides; a header that does not parse is as good as none.
 */

export interface Negotiated<Coding extends string> {
  readonly coding: Coding | "identity";
  /** False only where the client forbids the plain form and takes `coding`: then also what is too short to be worth it. */
  readonly identityAllowed: boolean;
}

/** OWS, a token, OWS, and at most one weight with up to three decimals. */
const ELEMENT =
  /^[ \t]*([!#$%&'*+.^_`|~\dA-Za-z-]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/;

/** 8.4.1.3: to be taken for the same. */
const ALIASES: ReadonlyMap<string, string> = new Map([["x-gzip", "gzip"]]);

/**
 * `header` is Accept-Encoding, null where there is none. `offered` are the codings the server can make, best
 * first. `identity` when nothing offered is acceptable, also against the client's word: 15.5.7 allows an
 * answer in a form not asked for, and one that can be read beats a 406.
 */
export function negotiateEncoding<Coding extends string>(
  header: string | null,
  offered: readonly Coding[],
): Negotiated<Coding> {
  const weights = header === null ? null : parseWeights(header);
  if (weights === null) return { coding: "identity", identityAllowed: true };
  const any = weights.get("*");
  let best: Coding | "identity" = "identity";
  // Not named, the plain form is acceptable, but less than anything that was asked for.
  let bestWeight = weights.get("identity") ?? any ?? Number.MIN_VALUE;
  const identityAllowed = bestWeight > 0;
  for (const coding of offered.toReversed()) {
    const weight = weights.get(coding) ?? any ?? 0;
    if (weight === 0 || weight < bestWeight) continue;
    best = coding;
    bestWeight = weight;
  }
  return {
    coding: best,
    identityAllowed: identityAllowed || best === "identity",
  };
}

/** 0..1 a coding, in lower case; of one named twice, the last. Null where the header does not parse. */
function parseWeights(header: string): ReadonlyMap<string, number> | null {
  const weights = new Map<string, number>();
  for (const element of header.split(",")) {
    // 5.6.1: empty elements of a list are to be ignored.
    if (element.trim() === "") continue;
    const [, name, weight] = ELEMENT.exec(element) ?? [];
    if (name === undefined) return null;
    const coding = name.toLowerCase();
    weights.set(ALIASES.get(coding) ?? coding, Number(weight ?? 1));
  }
  return weights;
}
