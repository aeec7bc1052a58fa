/**
 * Flags for a Bun that is started where it must trust nothing: without them a `bunfig.toml` or
 * `.env` in the working directory has its say first, and a missing package is fetched. Of the
 * forms of `--config`, only this one, with the equals sign, keeps a foreign bunfig.toml out.
 */
export const DISTRUSTING_FLAGS = [
  "--config=/dev/null",
  "--no-env-file",
  "--no-install",
] as const;
