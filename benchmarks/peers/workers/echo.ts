/** The echo task as piscina and tinypool load it: by the name of an export. */

export const echo = (input: unknown): unknown => input;
