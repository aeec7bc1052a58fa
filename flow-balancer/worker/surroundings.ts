/**
 * What a process has one of, and any task can change: the environment and the working directory.
 * Put back after each task, so that the next one on the worker finds what the first one found.
 */
export class Surroundings {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #directory: string;

  /** As they are now. */
  constructor() {
    this.#environment = { ...process.env };
    this.#directory = process.cwd();
  }

  restore(): void {
    const before = this.#environment;
    for (const name of Object.keys(process.env))
      if (before[name] === undefined) delete process.env[name];
    for (const [name, value] of Object.entries(before))
      if (process.env[name] !== value) process.env[name] = value;
    try {
      if (process.cwd() !== this.#directory) process.chdir(this.#directory);
    } catch {
      // The directory is gone: a task that needs it says so itself.
    }
  }
}
