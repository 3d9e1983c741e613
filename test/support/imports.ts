// What the files of src import, read from their text: imports of values, of types, and at run time.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Import {
  /** The importing file, from the root: `src/client/link.ts`. */
  readonly file: string;
  /** What is imported: a file of the project from the root, or as it is written: `node:fs`, `ws`. */
  readonly target: string;
}

/** Every import of the files below `folder`, which is a path from `root`. */
export function importsOf(root: string, folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort()
    .flatMap((file) => importsIn(file, readFileSync(join(root, file), 'utf8')));
}

/** The imports in the text of one file. Throws where an import at run time does not say what it imports. */
export function importsIn(file: string, source: string): Import[] {
  const code = source.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const written = code.matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  const targets = [...written].map(([, from, bare, called]) => from ?? bare ?? (called as string));
  if (/\bimport\s*\((?!\s*['"][^'"]+['"]\s*\))/.test(code)) throw new Error(`${file} imports what is not stated`);
  return targets.map((target) => ({ file, target: resolved(file, target) }));
}

function resolved(file: string, target: string): string {
  // The package's own word for the one file that is another in browsers: its types stand in this one.
  if (target === '#platform') return 'src/client/platform.ts';
  return target.startsWith('.') ? posix.join(posix.dirname(file), target) : target;
}

/** The imports that come back to where they began, each as the files passed on the way; empty when there are none. */
export function cycles(imports: readonly Import[]): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) found.push([...path.slice(seenAt), file]);
    if (seenAt >= 0 || done.has(file)) return;
    for (const { target } of imports.filter((one) => one.file === file)) visit(target, [...path, file]);
    done.add(file);
  };
  for (const { file } of imports) visit(file, []);
  return found;
}
