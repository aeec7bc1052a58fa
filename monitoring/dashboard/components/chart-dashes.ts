/** Patterns of the lines of a chart: they are told apart without colour too. Lengths of stroke and gap, CSS pixels. */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 3],
  [9, 3, 2, 3],
  [12, 4],
  [4, 2],
];
