/** Writes blobs into the home given until it is killed: sizes and contents differ, some come again. */

import { Blobs } from "../../../flow-balancer/store/blobs.ts";

const [, , home = "", seed = "0"] = process.argv;
let serial = 0;
const blobs = new Blobs(home, {
  unique: () => `${process.pid}-${serial++}`,
});
process.stdout.write("up\n");
for (let n = Number(seed); ; n++) {
  const size = 1_000 + ((n * 7_919) % 400_000);
  const raw = new Uint8Array(size);
  // Half of it compresses.
  for (let at = 0; at < size; at += 2) raw[at] = (at * n) % 251;
  await blobs.write(raw);
}
