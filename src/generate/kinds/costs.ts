// What it costs to make a message. It is known from the specification, before a message is made. The unit is a microsecond of the machine
// that bench/README.md names: there these figures were measured, and rounded up. On another machine all of them are longer or shorter alike.
// Anchors follow from them (`anchorEveryOf`), and blocks by bytes end there: whoever changes a figure raises `kinds` in version.ts.

export const costs = {
  /** The data of a message of these kinds; `data`: of a kind that states nothing. */
  counter: 0.1,
  reading: 0.5,
  tick: 2,
  access: 3,
  user: 12,
  data: 10,
  /** A byte of a line, which is written, counted and copied. */
  byte: 0.0015,
  /** What a piece of a message is to cost, where it is made in pieces. */
  piece: 100,
  /** Rounding a value of an array, and writing it. */
  float: 0.3,
  whole: 0.04,
  /** Drawing a value of an array. */
  uniform: 0.05,
  normal: 0.09,
  lognormal: 0.12,
  exponential: 0.06,
  gamma: 0.16,
  bernoulli: 0.03,
  geometric: 0.06,
  /** An expression of a template, without its draws; the dear ones stand below. */
  expression: 5,
  /** Each of the first 10 random numbers that an expression draws: they choose what to make. Then each further one. */
  draw: 2,
  furtherDraw: 0.5,
  /** A character of an expression's arguments. */
  argumentCharacter: 0.1,
} as const;

/** Drawing a Poisson or binomial number. `mean` is its mean, or that of the failures where they are fewer. */
export function countMicros(mean: number): number {
  // Up to 16 it takes as many draws as it counts. Beyond, one or two draws halve what is left to count.
  return 0.15 + 0.03 * Math.min(16, mean) + 0.03 * Math.max(0, Math.log2(mean / 16));
}

/** An expression: its method, as `person.fullName`, how long its arguments are as text, and how many random numbers it drew. */
export function expressionMicros(method: string, argumentCharacters: number, draws: number): number {
  const listed = argumentCharacters > 0 ? dearWithArguments.get(method) : undefined;
  return (
    (listed ?? dearMethods.get(method) ?? costs.expression) +
    costs.argumentCharacter * argumentCharacters +
    costs.draw * Math.min(10, draws) +
    costs.furtherDraw * Math.max(0, draws - 10)
  );
}

// These methods go through long lists, whatever they draw.
const dearMethods: ReadonlyMap<string, number> = new Map([
  ['system.fileExt', 20],
  ['system.fileType', 20],
  ['system.fileName', 30],
  ['system.filePath', 30],
]);
const wordMethods = ['adjective', 'adverb', 'conjunction', 'interjection', 'noun', 'preposition', 'sample', 'verb'];
const dearWithArguments: ReadonlyMap<string, number> = new Map([
  ['system.fileName', 200],
  ['lorem.word', 40],
  ...wordMethods.map((method) => [`word.${method}`, 40] as const),
]);
