/** What was cut out of a text keeps all of it in memory; a copy does not. Of well-formed text, as a reader of UTF-8 gives it. */
export const ownText = (text: string): string => Buffer.from(text).toString();
