/** A process of its own that is measured from within: given its order as JSON, it answers with one line of JSON and goes. */

/** Rejects if it hangs, fails or says nothing that can be read. `path` is a module of ours. */
export async function runMeasured<Found>(
  path: string,
  order: object,
  hangMs: number,
): Promise<Found> {
  const child = Bun.spawn([process.execPath, path, JSON.stringify(order)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), hangMs);
  const line = await child.stdout.text();
  await child.exited;
  clearTimeout(killer);
  if (child.exitCode !== 0)
    throw new Error(
      `the measured process ended with ${child.signalCode ?? child.exitCode}`,
    );
  return JSON.parse(line) as Found;
}
