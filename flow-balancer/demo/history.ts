/** The repository's newest history, read from what a `git log --numstat` task printed. */

export interface History {
  readonly commits: number;
  readonly authors: number;
  readonly lines_added: number;
  readonly lines_deleted: number;
  readonly most_changed: readonly {
    readonly path: string;
    readonly commits: number;
  }[];
  /** There is more than was looked at: older commits, or a clone that has only the newest. */
  readonly partial: boolean;
}

/** Enough to see where work happens; a long history costs git seconds. */
export const MAX_COMMITS = 300;

/** A control character that no path that git prints unquoted can hold. */
const MARK = "\u0001";
const MOST_CHANGED = 3;

/** Neither filters, nor diff drivers, nor gpg may be run by what the repository configures. */
export const historyCommand = (root: string): string[] => [
  ...["git", "-C", root, "-c", "core.quotePath=false", "log", "--numstat"],
  ...["--no-renames", "--no-ext-diff"],
  ...["--no-textconv", "--no-show-signature", "--no-color", "--no-notes"],
  ...[`--max-count=${MAX_COMMITS}`, "--format=%x01%ae"],
];

/** `cut`: the output is not whole. */
export function readHistory(
  output: string,
  { isShallow, cut }: { readonly isShallow: boolean; readonly cut: boolean },
): History {
  const authors = new Set<string>();
  const commitsOf = new Map<string, number>();
  let commits = 0;
  let added = 0;
  let deleted = 0;
  for (const line of output.split("\n")) {
    if (line.startsWith(MARK)) {
      commits++;
      authors.add(line.slice(MARK.length));
      continue;
    }
    const [, plus, minus, path] = /^(\d+|-)\t(\d+|-)\t(.+)$/.exec(line) ?? [];
    if (path === undefined) continue;
    // Binary files have '-' for both.
    added += Number(plus) || 0;
    deleted += Number(minus) || 0;
    commitsOf.set(path, (commitsOf.get(path) ?? 0) + 1);
  }
  return {
    commits,
    authors: authors.size,
    lines_added: added,
    lines_deleted: deleted,
    most_changed: [...commitsOf]
      .map(([path, count]) => ({ path, commits: count }))
      .sort((a, b) => b.commits - a.commits)
      .slice(0, MOST_CHANGED),
    partial: isShallow || cut || commits === MAX_COMMITS,
  };
}
