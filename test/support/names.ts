// The names that the files of src declare for others, read from their text: what is exported, and every class.

export interface Declared {
  readonly name: string;
  /** The declaring file, from the root. The two files of `#platform` are one: `src/client/platform.ts`. */
  readonly file: string;
}

/** The names in the text of one file, each once. What is exported on from another file is that file's. */
export function namesIn(file: string, source: string): Declared[] {
  const code = source.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const declared = code.matchAll(
    /^export (?:(?:declare|async) )*(?:interface|type|enum|const|let|function\*?) (\w+)|^\s*(?:export )?(?:default )?(?:declare )?(?:abstract )?class (\w+)/gm,
  );
  const names = new Set([...declared].map(([, exported, classed]) => exported ?? (classed as string)));
  const port = file.replace(/\.(?:node|browser)\.ts$/, '.ts');
  return [...names].map((name) => ({ name, file: port }));
}

/** The names that stand in more than one file, each with its files. */
export function repeatedNames(all: readonly Declared[]): Map<string, string[]> {
  const files = new Map<string, Set<string>>();
  for (const { name, file } of all) files.set(name, (files.get(name) ?? new Set()).add(file));
  return new Map([...files].filter(([, where]) => where.size > 1).map(([name, where]) => [name, [...where].sort()]));
}
