/** Text in one form: white space, forms of letters and marks of typesetting that say nothing are gone. */

const COMMENT_LINE = /^[ \t]*(?:#[ \t!]|\/\/|--[ \t]).*$/gm;
const CODE =
  /^[ \t]*(?:(?:async )?def \w+\(|class \w+[(:{ ]|return\b|for .{1,80} in .{1,200}:$|(?:el)?if .{1,200}:$|while .{1,200}:$|import [\w{*]|from \S+ import|(?:export )?(?:async )?function|(?:const|let|var) \w+ ?[=:]|public |private |\}|#include|fn \w+\(|func \w+\(|use [\w:]+;|"""|#{8}|print\(|pass$)/m;

/**
 * One space for all white space, compatibility forms as plain letters, straight quotes; of what looks
 * like a program, lines of comment go too. Case stays: it can be the difference.
 */
export function normalText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const plain = /^[\u0000-\u007f]*$/.test(text) ? text : plainLetters(text);
  const bare = looksLikeCode(plain) ? plain.replace(COMMENT_LINE, "") : plain;
  return bare.replace(/\s+/g, " ").trim();
}

/** Whether a text has a line that begins as a statement of a common language does. */
export const looksLikeCode = (text: string): boolean => CODE.test(text);

const plainLetters = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐‑‒–—−]/g, "-");
