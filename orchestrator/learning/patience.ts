/** How long a client waits before it gives up, by what it calls itself. Pure. */

export interface PatienceTable {
  /** For a client nobody knows, ms. */
  readonly unknownMs: number;
  /** Part of a client's name, lower case -> ms. */
  readonly clients: Readonly<Record<string, number>>;
}

/** The longest matching part decides, so that "claude-code" can differ from "claude". */
export function patienceMs(
  client: string | null,
  table: PatienceTable,
): number {
  if (client === null) return table.unknownMs;
  const name = clientKey(client);
  const best = Object.keys(table.clients)
    .filter((part) => name.includes(part))
    .sort((a, b) => b.length - a.length)[0];
  return best === undefined
    ? table.unknownMs
    : (table.clients[best] ?? table.unknownMs);
}

/** The same for "Claude Code" and "claude_code". */
export const clientKey = (client: string): string =>
  client.toLowerCase().replaceAll(/[\s_]+/g, "-");
