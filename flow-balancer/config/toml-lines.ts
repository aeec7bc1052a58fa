/**
 * Where in a TOML text its tables and keys stand, for messages and for edits that leave the rest
 * alone. The parser tells no places, so this reads headers and keys only and skips values; it
 * never decides what a text means.
 */

export interface TomlStatement {
  readonly type: "table" | "key";
  /** From the root, also for a key inside a table; of `[[name]]` with its place, from 0, after the name. */
  readonly path: readonly string[];
  /** First and last line, from 0; a value may span several. */
  readonly from: number;
  readonly to: number;
}

export function tomlStatements(text: string): TomlStatement[] {
  const lines = text.split("\n");
  const statements: TomlStatement[] = [];
  let table: string[] = [];
  /** How many `[[name]]` there were, by name. */
  const counts = new Map<string, number>();
  for (let from = 0; from < lines.length; from++) {
    const line = lines[from] ?? "";
    const [, brackets, header] = HEADER.exec(line) ?? [];
    const key = KEY.exec(line)?.[1];
    if (header !== undefined) {
      table = keyParts(header);
      if (brackets === "[[") {
        const nth = counts.get(header) ?? 0;
        counts.set(header, nth + 1);
        table.push(String(nth));
      }
      statements.push({ type: "table", path: table, from, to: from });
    } else if (key !== undefined) {
      const path = [...table, ...keyParts(key)];
      const to = lastLineOfValue(lines, from);
      statements.push({ type: "key", path, from, to });
      from = to;
    }
  }
  return statements;
}

/** Line (from 1) of a key, or of the nearest key around it; 1 if there is none. */
export function tomlLines(
  text: string,
): (path: readonly PropertyKey[]) => number {
  const statements = tomlStatements(text);
  const isAround = (
    around: readonly PropertyKey[],
    path: readonly PropertyKey[],
  ) => around.every((part, index) => part === path[index]);
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const wanted = path.slice(0, length).map(String);
      const exact = statements.find(
        (it) => it.path.length === length && isAround(wanted, it.path),
      );
      const found = exact ?? statements.find((it) => isAround(wanted, it.path));
      if (found !== undefined) return found.from + 1;
    }
    return 1;
  };
}

/**
 * The line (from 1) on which a text stops being TOML: the first whose end brings the same
 * complaint as the whole text does.
 */
export function tomlErrorLine(text: string, message: string): number {
  const lines = text.split("\n");
  for (let end = 1; end < lines.length; end++)
    try {
      Bun.TOML.parse(lines.slice(0, end).join("\n"));
    } catch (error) {
      if (error instanceof Error && error.message === message) return end;
    }
  return lines.length;
}

const KEY_PART = String.raw`(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')`;
const DOTTED = String.raw`${KEY_PART}(?:\s*\.\s*${KEY_PART})*`;
const HEADER = new RegExp(String.raw`^\s*(\[\[?)\s*(${DOTTED})\s*\]`);
const KEY = new RegExp(String.raw`^\s*(${DOTTED})\s*=`);

const keyParts = (key: string): string[] =>
  [...key.matchAll(new RegExp(KEY_PART, "g"))].map(([part]) =>
    /^["']/.test(part) ? part.slice(1, -1) : part,
  );

interface OpenValue {
  /** A multi-line string that has not ended. */
  readonly quote: string | null;
  /** Brackets and braces that have not closed. */
  readonly depth: number;
}

function lastLineOfValue(lines: readonly string[], from: number): number {
  let open: OpenValue = { quote: null, depth: 0 };
  for (let at = from; at < lines.length; at++) {
    open = openAfter(lines[at] ?? "", open);
    if (open.quote === null && open.depth === 0) return at;
  }
  return lines.length - 1;
}

/** One token of a line: a long quote, a whole short string, a comment, or a single character. */
const TOKEN = /"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|#.*|[^]/g;

function openAfter(line: string, before: OpenValue): OpenValue {
  let rest = line;
  let depth = before.depth;
  let quote = before.quote;
  for (;;) {
    if (quote !== null) {
      const end = rest.indexOf(quote);
      if (end < 0) return { quote, depth };
      rest = rest.slice(end + quote.length);
      quote = null;
    }
    for (const { 0: token, index } of rest.matchAll(TOKEN)) {
      if (token === '"""' || token === "'''") {
        quote = token;
        rest = rest.slice(index + token.length);
        break;
      }
      if (token === "[" || token === "{") depth++;
      if (token === "]" || token === "}") depth--;
    }
    if (quote === null) return { quote, depth };
  }
}
