/**
 * Maps the file of the ticket it was given and answers what its parent stores: word 0 counts up here,
 * by plain stores in a loop that nothing interrupts, until the parent's word 1 is set.
 */

import {
  mapSharedFile,
  type SharedFileTicket,
} from "../../../flow-balancer/worker/shared-file.ts";

const ticket = JSON.parse(process.argv[2] ?? "") as SharedFileTicket;
const memory = mapSharedFile(ticket);
if (memory === null) process.exit(3);
const words = new Int32Array(memory.buffer, memory.byteOffset, 16);
const doubles = new Float64Array(memory.buffer, memory.byteOffset + 64, 8);
const giveUpAt = performance.now() + 10_000;
let turns = 0;
while (words[1] === 0) {
  turns = (turns + 1) | 0;
  words[0] = turns;
  doubles[0] = turns + 0.5;
  // The clock is a call: seldom enough for the loop to be compiled and stay hot.
  if (turns % 65_536 === 0 && performance.now() > giveUpAt) process.exit(4);
}
Atomics.store(words, 2, 1);
let rounds = 0;
while (Atomics.load(words, 3) === 0) {
  rounds = Atomics.add(words, 4, 1);
  if (rounds % 65_536 === 0 && performance.now() > giveUpAt) process.exit(5);
}
Atomics.store(words, 5, Atomics.load(words, 3) + 1);
