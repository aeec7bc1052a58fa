/** How much the board takes: what its tools say of their arguments and what the board itself checks are these. */

export const BOARD_LIMITS = {
  /** Of one list. */
  items: 1_000,
  titleChars: 200,
  /** So that the input of the task, escaped, is packed at once (see codec/compress.ts) and recorded in the turn it is asked. */
  detailsChars: 16_384,
  /** Of a note, and of a summary. */
  noteChars: 8_192,
  /** Of a holder, a capability, a task's id, a resource. */
  nameChars: 200,
  keyChars: 100,
  pathChars: 4_096,
  weight: { min: 1, max: 10 },
  priority: { min: -10, max: 10 },
  stage: { min: 0, max: 1_000 },
  /** Of one item, or one claimer. */
  capabilities: 20,
  after: 1_000,
  evidence: 10,
  argvWords: 100,
  argvChars: 8_192,
  /** In one update. */
  resources: 50,
  leaseMs: { min: 1_000, max: 86_400_000 },
} as const;
