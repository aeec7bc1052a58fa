/**
 * Memory that a server and one worker share: a file in /dev/shm that never has a name, so that
 * nothing is left of it when both are gone, however they went. The server makes it and keeps a
 * descriptor open until the worker has mapped it by `/proc/<server>/fd/<n>`. Its pages are written
 * before anybody maps it: a store to a mapped page that a full tmpfs cannot provide ends the
 * process (SIGBUS), a write to the file only fails. It is never truncated, for the same reason.
 */

import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";

const SHARED_MEMORY = "/dev/shm";
/** open(2): `__O_TMPFILE | O_DIRECTORY`; the first is the same on all Linux we run on, the second is not. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;
/** In front of the memory that is given out, so that it begins on a cache line. */
const TOKEN_BYTES = 64;
const ZEROS_BYTES = 1_048_576;

/** What a worker needs to map the same memory; plain JSON. */
export interface SharedFileTicket {
  readonly path: string;
  /** Usable bytes. */
  readonly bytes: number;
  /** Stands at the start of the file: a descriptor's number may have come to mean another file. */
  readonly token: string;
}

export interface SharedFile {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly ticket: SharedFileTicket;
  /** Call it when the worker has mapped the file or is dead. From then on nobody can; maps stay as they are. */
  close(): void;
}

/** `directory` is on a tmpfs. Null where there is none, no /proc, no room, or no descriptor left. The memory is zeros. */
export function createSharedFile(
  bytes: number,
  directory: string = SHARED_MEMORY,
): SharedFile | null {
  let descriptor: number;
  try {
    descriptor = openSync(directory, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch {
    return null;
  }
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    closeSync(descriptor);
  };
  const token = Buffer.from(
    crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)),
  );
  try {
    reserve(descriptor, TOKEN_BYTES + bytes);
    writeSync(descriptor, token, 0, TOKEN_BYTES, 0);
    const ticket: SharedFileTicket = {
      path: `/proc/${process.pid}/fd/${descriptor}`,
      bytes,
      token: token.toString("hex"),
    };
    const memory = mapSharedFile(ticket);
    if (memory !== null) return { memory, ticket, close };
  } catch {
    // No room: the pages that were written go with the descriptor.
  }
  close();
  return null;
}

/** Null if it cannot be mapped, or is not the file the ticket was made for. Nothing is written to find out. */
export function mapSharedFile(
  ticket: SharedFileTicket,
): Uint8Array<ArrayBuffer> | null {
  let whole: Uint8Array<ArrayBuffer>;
  try {
    whole = Bun.mmap(ticket.path, { shared: true });
  } catch {
    return null;
  }
  const token = Buffer.from(
    whole.buffer,
    0,
    Math.min(TOKEN_BYTES, whole.length),
  );
  if (
    whole.length === TOKEN_BYTES + ticket.bytes &&
    token.toString("hex") === ticket.token
  )
    return whole.subarray(TOKEN_BYTES);
  unmap(whole);
  return null;
}

/**
 * Gives the address space back at once, instead of at some collection. Every view of the memory
 * has length 0 afterwards, here; the other process keeps its own map.
 */
export function unmap(memory: Uint8Array<ArrayBuffer>): void {
  memory.buffer.transfer(0);
}

/** Throws ENOSPC where /dev/shm is too small; a container's is 64 MiB unless told otherwise. */
function reserve(descriptor: number, bytes: number): void {
  const zeros = new Uint8Array(Math.min(bytes, ZEROS_BYTES));
  for (let at = 0; at < bytes;) {
    const written = writeSync(
      descriptor,
      zeros,
      0,
      Math.min(zeros.length, bytes - at),
      at,
    );
    if (written === 0) throw new Error(`no room for ${bytes} bytes`);
    at += written;
  }
  ftruncateSync(descriptor, bytes);
}
