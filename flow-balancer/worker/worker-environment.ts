/**
 * What of the server's environment a task may see: what programs need to run, nothing that
 * carries a secret or steers Bun. A kind is given more by name, in the configuration.
 */

const ALLOWED =
  /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|TERM|XDG_[A-Z_]+)$/;

/** Never passed on by name either: through these, code gets into a process. */
const CODE_INJECTING = /^(LD_|DYLD_|BUN_|NODE_OPTIONS$)/;

type Environment = Readonly<Record<string, string | undefined>>;

export function workerEnvironment(
  environment: Environment,
): Record<string, string> {
  return pick(environment, (name) => ALLOWED.test(name));
}

/** What a kind is configured to see beyond that; a variable that is not set is left out. */
export function kindEnvironment(
  environment: Environment,
  names: readonly string[],
): Record<string, string> {
  return pick(
    environment,
    (name) =>
      names.includes(name) && !ALLOWED.test(name) && !CODE_INJECTING.test(name),
  );
}

function pick(
  environment: Environment,
  wanted: (name: string) => boolean,
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && wanted(name)) picked[name] = value;
  return picked;
}
