/** `--http [port]` of the stdio server: HTTP beside it, in the same process. */

export interface HttpFlag {
  readonly isGiven: boolean;
  /** The other words; a port that was named is the setting's. */
  readonly argv: readonly string[];
}

export function takeHttpFlag(words: readonly string[]): HttpFlag {
  const argv: string[] = [];
  let isGiven = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const [name, value] = word.split("=", 2);
    if (name !== "--http") {
      argv.push(word);
      continue;
    }
    isGiven = true;
    const next = words[at + 1] ?? "";
    const port = value ?? (/^\d+$/.test(next) ? words[++at] : undefined);
    if (port !== undefined) argv.push("--http-port", port);
  }
  return { isGiven, argv };
}
