// What it costs to make a message, known from its specification before one is made. The unit is a microsecond of the machine that
// bench/README.md names, where these figures were measured and rounded up; elsewhere all of them are longer or shorter alike.
// Where blocks by bytes end follows from them (`anchorEveryOf`): whoever changes one raises `kinds` in version.ts.

export const costs = {
  /** The data of a message: of these kinds, and of those that state nothing. */
  counter: 0.1,
  reading: 0.5,
  tick: 2,
  access: 3,
  user: 12,
  data: 10,
  /** A byte of a line: written, counted, copied. */
  byte: 0.0015,
  /** A piece of a message that is made in pieces, about. */
  piece: 100,
  /** A value of an array as text, rounded first. */
  float: 0.3,
  whole: 0.04,
  /** A value of an array drawn. */
  uniform: 0.05,
  normal: 0.09,
  lognormal: 0.12,
  exponential: 0.06,
  gamma: 0.16,
  bernoulli: 0.03,
  geometric: 0.06,
  /** An expression of a template that is none of the dear ones below, without its draws. */
  expression: 5,
  /** A random number that an expression draws: of the first 10, which choose what to make; of those behind them. */
  draw: 2,
  furtherDraw: 0.5,
  /** A character of an expression's arguments. */
  argumentCharacter: 0.1,
} as const;

/** A Poisson or binomial number with that mean, or with that many failures on the mean if they are fewer. */
export function countMicros(mean: number): number {
  // As many draws as it counts, up to 16; beyond, a draw or two halve what is left to count.
  return 0.15 + 0.03 * Math.min(16, mean) + 0.03 * Math.max(0, Math.log2(mean / 16));
}

/** What an expression costs that drew so many random numbers: `person.fullName`, with arguments of so many characters. */
export function expressionMicros(method: string, argumentCharacters: number, draws: number): number {
  const listed = argumentCharacters > 0 ? dearWithArguments.get(method) : undefined;
  return (
    (listed ?? dearMethods.get(method) ?? costs.expression) +
    costs.argumentCharacter * argumentCharacters +
    costs.draw * Math.min(10, draws) +
    costs.furtherDraw * Math.max(0, draws - 10)
  );
}

// What these cost beside their draws: they go through lists that they do not draw from.
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
