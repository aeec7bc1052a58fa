/**
 * Sets one member of an object in a JSON text with comments and changes nothing else of it. The
 * text must have been parsed before: this finds places, it does not judge.
 */

interface Node {
  readonly start: number;
  readonly end: number;
  /** Null for what is not an object. */
  readonly members: readonly Member[] | null;
}

interface Member {
  readonly key: string;
  readonly start: number;
  readonly value: Node;
}

/** Null if the text nests too deep, or something that is no object is in the way. */
export function setMember(
  text: string,
  [section, name]: readonly [string, string],
  value: object,
): string | null {
  const root = new Scanner(text).document();
  if (root?.members === null || root === null) return null;
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const table = last(root.members, section);
  if (table === undefined)
    return insert(text, root, section, { [name]: value }, unit, 1);
  if (table.value.members === null) return null;
  const entry = last(table.value.members, name);
  if (entry === undefined)
    return insert(text, table.value, name, value, unit, 2);
  const { start, end } = entry.value;
  return text.slice(0, start) + pretty(value, unit, 2) + text.slice(end);
}

/** Of members with the same key parsers take the last. */
const last = (members: readonly Member[], key: string): Member | undefined =>
  members.findLast((it) => it.key === key);

const pretty = (value: object, unit: string, depth: number): string =>
  JSON.stringify(value, null, unit).replaceAll("\n", `\n${unit.repeat(depth)}`);

function insert(
  text: string,
  object: Node,
  key: string,
  value: object,
  unit: string,
  depth: number,
): string {
  const member = `${JSON.stringify(key)}: ${pretty(value, unit, depth)}`;
  const before = object.members?.at(-1)?.value;
  if (before === undefined) {
    const inside = text.slice(object.start + 1, object.end - 1).trimEnd();
    return `${text.slice(0, object.start + 1)}${inside}\n${unit.repeat(depth)}${member}\n${unit.repeat(depth - 1)}${text.slice(object.end - 1)}`;
  }
  // The comma goes to the value, our member behind what comments the value's line.
  const tail = text.slice(before.end);
  const comma = /^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*,/.exec(tail)?.[0] ?? "";
  const comment =
    /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/)(?=[ \t\r]*\n)/.exec(
      tail.slice(comma.length),
    )?.[0] ?? "";
  const at = before.end + comma.length + comment.length;
  const head = text.slice(0, before.end);
  const middle = text.slice(before.end, at);
  return `${head}${comma === "" ? "," : ""}${middle}\n${unit.repeat(depth)}${member}${text.slice(at)}`;
}

const MAX_DEPTH = 64;
const BLANK = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}/]+/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node | null {
    this.#take(BLANK);
    return this.#value(1);
  }

  #value(depth: number): Node | null {
    if (depth > MAX_DEPTH) return null;
    const start = this.#at;
    const opening = this.#text[start];
    if (opening === "{" || opening === "[") {
      const members = this.#members(opening === "{", depth);
      return (
        members && {
          start,
          end: this.#at,
          members: opening === "{" ? members : null,
        }
      );
    }
    this.#take(opening === '"' ? STRING : SCALAR);
    return { start, end: this.#at, members: null };
  }

  /** Members of an object; of an array, its values with empty keys. */
  #members(keyed: boolean, depth: number): Member[] | null {
    const members: Member[] = [];
    this.#at++;
    for (;;) {
      this.#take(BLANK);
      const char = this.#text[this.#at];
      if (char === undefined) return null;
      if (char === "}" || char === "]") {
        this.#at++;
        return members;
      }
      if (char === ",") {
        this.#at++;
        continue;
      }
      const start = this.#at;
      let key = "";
      if (keyed) {
        key = JSON.parse(this.#take(STRING)) as string;
        this.#take(BLANK);
        this.#at++;
        this.#take(BLANK);
      }
      const value = this.#value(depth + 1);
      if (value === null || this.#at === start) return null;
      members.push({ key, start, value });
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += token.length;
    return token;
  }
}
