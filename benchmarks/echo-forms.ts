/** The forms in which the same echo crosses to a worker and back. What is constant in them is made once: it is the way that is measured. */

import type { EchoInput } from "./closed-loop.ts";

/** How an input crosses, and how it is read again; what came back wrong reads as something else. */
export interface Form<Sent> {
  write(input: EchoInput): Sent;
  read(message: unknown, input: EchoInput): unknown;
}

const SERIAL_BYTES = 4;

/** As it is. */
const asObject: Form<EchoInput> = {
  write: (input) => input,
  read: (message) => message,
};

/** As JSON text, written and parsed by the caller each time. */
const asString: Form<string> = {
  write: (input) => JSON.stringify(input),
  read: (message) => JSON.parse(message as string),
};

/** As JSON text that the caller has already, and passes on as it comes back. */
function asText(): Form<string> {
  let encoded = "";
  let of: string | undefined;
  const write = ({ serial, text }: EchoInput): string => {
    if (of !== text) encoded = JSON.stringify((of = text));
    return `{"serial":${serial},"text":${encoded}}`;
  };
  return {
    write,
    read: (message, input) => (message === write(input) ? input : message),
  };
}

/** As bytes: the serial's, then the text's. */
function asBytes(): Form<Uint8Array> {
  let bytes = new Uint8Array();
  let of: string | undefined;
  return {
    write({ serial, text }) {
      if (of !== text) {
        bytes = new Uint8Array(SERIAL_BYTES + text.length);
        bytes.set(new TextEncoder().encode(text), SERIAL_BYTES);
        of = text;
      }
      new DataView(bytes.buffer).setUint32(0, serial);
      return bytes;
    },
    read(message, { text }) {
      const back = message as Uint8Array;
      const isSame = Bun.deepEquals(
        back.subarray(SERIAL_BYTES),
        bytes.subarray(SERIAL_BYTES),
      );
      return {
        serial: new DataView(back.buffer, back.byteOffset).getUint32(0),
        text: isSame ? text : "other bytes",
      };
    },
  };
}

export const FORMS = {
  object: () => asObject,
  string: () => asString,
  text: asText,
  bytes: asBytes,
} as const satisfies Record<string, () => Form<unknown>>;
export type FormName = keyof typeof FORMS;
