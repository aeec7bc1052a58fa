/** Large arrays that are mostly zero, as text: only the places that are not, in base64. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";

const BYTES_EACH = 12;

/** Of each place where `first` is not 0: the place, and both values. */
export function encodeFloats(
  first: Float32Array,
  second: Float32Array,
): string {
  let count = 0;
  for (let place = 0; place < first.length; place++)
    if (first[place] !== 0) count++;
  const bytes = new Uint8Array(count * BYTES_EACH);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let place = 0; place < first.length; place++) {
    const value = first[place] ?? 0;
    if (value === 0) continue;
    view.setUint32(at, place, true);
    view.setFloat32(at + 4, value, true);
    view.setFloat32(at + 8, second[place] ?? 0, true);
    at += BYTES_EACH;
  }
  return bytes.toBase64();
}

/** Into arrays of zeros. Throws INVALID_INPUT for text that is not of `encodeFloats`, or of larger arrays. */
export function decodeFloats(
  text: string,
  first: Float32Array,
  second: Float32Array,
): void {
  const bytes = bytesOf(text);
  if (bytes.length % BYTES_EACH !== 0)
    throw damaged(`${bytes.length} bytes are not a multiple of ${BYTES_EACH}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += BYTES_EACH) {
    const place = view.getUint32(at, true);
    const one = view.getFloat32(at + 4, true);
    const two = view.getFloat32(at + 8, true);
    if (place >= first.length)
      throw damaged(`place ${place} is beyond the last, ${first.length - 1}`);
    if (!Number.isFinite(one) || !Number.isFinite(two))
      throw damaged(`place ${place} holds no number`);
    first[place] = one;
    second[place] = two;
  }
}

function bytesOf(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw damaged("it is not base64");
  }
}

const damaged = (what: string): BalancerError =>
  new BalancerError("INVALID_INPUT", `stored weights are damaged: ${what}`, {
    hint: "Learn them again from the outcomes.",
  });
