/** How far a run is: a bar that is drawn over itself on a terminal, plain lines elsewhere. On stderr, always. */

export interface ProgressTarget {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

export interface Progress {
  /** A new thing is being done. */
  begin(label: string): void;
  report(done: number, total: number): void;
  /** Leaves no half-drawn bar behind. */
  end(): void;
}

const MAX_BAR_CHARS = 30;
const CLEAR_LINE = "\r\u001B[2K";
/** Plain lines say each quarter once. */
const PLAIN_STEPS = 4;

export const createProgress = (target: ProgressTarget): Progress =>
  target.isTTY ? drawnBar(target) : plainLines(target);

function drawnBar(target: ProgressTarget): Progress {
  let label = "";
  const draw = (text: string): void =>
    target.write(CLEAR_LINE + text.slice(0, Math.max(1, target.columns - 1)));
  return {
    begin(next) {
      label = next;
      draw(label);
    },
    report(done, total) {
      const counted = `${String(done).padStart(String(total).length)}/${total}`;
      const room = target.columns - label.length - counted.length - 3;
      const bar = barOf(done / total, Math.min(MAX_BAR_CHARS, room));
      draw(`${label} ${bar} ${counted}`);
    },
    end: () => target.write(CLEAR_LINE),
  };
}

/** Nothing if there is no room for a bar that would say something. */
export function barOf(share: number, chars: number): string {
  if (chars < 4) return "";
  const full = Math.round(Math.max(0, Math.min(1, share)) * chars);
  return "█".repeat(full) + "░".repeat(chars - full);
}

function plainLines(target: ProgressTarget): Progress {
  let label = "";
  let said = 0;
  return {
    begin(next) {
      label = next;
      said = 0;
      target.write(`${label}\n`);
    },
    report(done, total) {
      const step = Math.floor((done / total) * PLAIN_STEPS);
      if (step <= said) return;
      said = step;
      target.write(`${label}: ${done}/${total}\n`);
    },
    end() {},
  };
}
