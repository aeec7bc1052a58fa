/** What is known of the patience of clients, as JSON and back. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { type ClientWaits, STEPS } from "./client-waits.ts";

/** Of at most 64 clients, about 3 kB each. */
export interface PatienceSnapshot {
  readonly version: 1;
  readonly clients: readonly (ClientWaits & {
    readonly client: string;
  })[];
}

/** By client. Throws INVALID_INPUT for what is no such snapshot, saying where. */
export function readPatienceSnapshot(
  snapshot: unknown,
): readonly (readonly [string, ClientWaits])[] {
  const { version, clients } = fieldsOf(snapshot, "the snapshot");
  if (version !== 1 || !Array.isArray(clients))
    throw notASnapshot("expected version 1 and a list of clients");
  return clients.map((entry: unknown, at) => {
    const where = `clients[${at}]`;
    const { client, reached, gaveUp } = fieldsOf(entry, where);
    if (typeof client !== "string")
      throw notASnapshot(`${where}.client is not a text`);
    const waits = {
      reached: countsOf(reached, `${where}.reached`),
      gaveUp: countsOf(gaveUp, `${where}.gaveUp`),
    };
    if (
      waits.gaveUp.length !== waits.reached.length ||
      waits.gaveUp.some((count, step) => count > (waits.reached[step] ?? 0))
    )
      throw notASnapshot(`${where}: more calls were given up than there were`);
    return [client, waits];
  });
}

function countsOf(value: unknown, where: string): number[] {
  if (!Array.isArray(value) || value.length > STEPS)
    throw notASnapshot(`${where} is not a list of up to ${STEPS} numbers`);
  return value.map((count: unknown, at) => countOf(count, `${where}[${at}]`));
}

function countOf(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0)
    return value;
  throw notASnapshot(`${where} is not a number of 0 or more`);
}

function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw notASnapshot(`${where} is not an object`);
}

const notASnapshot = (what: string): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `this is no snapshot of the patience of clients: ${what}`,
    { hint: "Begin with nothing: it is learned again from a few calls." },
  );
