/** On what a learned number rests, in words. */

const WORDS: Readonly<Record<string, string>> = {
  explicit: "set by the caller or the configuration",
  default: "too little was seen: the default",
  prior: "too few gaps: by what a start costs alone",
  all_kinds: "by all kinds together",
  kind: "by all runs of the kind",
  own_runs: "by runs of its own",
  own_gaps: "by gaps of its own",
};

/** A word that is new here is shown as it is. */
export const basisWords = (basis: string): string =>
  WORDS[basis] ?? basis.replaceAll("_", " ");
