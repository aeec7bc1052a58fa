/** Text from outside as a message may repeat it: at most 80 characters, control characters escaped. */
export const quoted = (text: string): string =>
  `'${JSON.stringify(text.slice(0, 80)).slice(1, -1)}'`;
