/** A store's files as they lie there: what is in them, copies of them, and whether they are still what they were. */

import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { assertSound } from "./damaged-store.ts";
import { contentOf } from "./damaged-store-old.ts";
import { FakeEnv } from "./fake-env.ts";

/** What is in a file, which is left as it is. */
export function content(path: string): unknown {
  using raw = new Database(path, { readonly: true });
  assertSound(raw);
  return contentOf(raw);
}

/** The same as a server leaves it that found nothing in its way. */
export async function upgraded(path: string): Promise<unknown> {
  await closeStore(openStore(path, "normal", new FakeEnv()));
  return content(path);
}

/** The files as they are on disk while this process has them open: copied by another, since it is a process that loses its locks with any handle it closes. */
export function copyOpen(from: string, to: string): void {
  const ends = ["", "-wal"].filter((end) => existsSync(from + end));
  for (const end of ends) Bun.spawnSync(["cp", from + end, to + end]);
}

export function copyClosed(from: string, to: string): void {
  for (const end of ["", "-wal"])
    if (existsSync(from + end)) copyFileSync(from + end, to + end);
}

export const logBytes = (path: string): number =>
  existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0;

/** Of the database and its log; the third file is only an index to it. */
export const bytesOf = (path: string): unknown =>
  ["", "-wal"].map((end) =>
    existsSync(path + end)
      ? Bun.hash(readFileSync(path + end)).toString()
      : null,
  );
