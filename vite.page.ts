// Makes the script and the style sheet of a report's page: uPlot and src/study/page, as one file each, in dist beside what
// the compiler has written.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// The package and every report hold uPlot then, and its licence wants to be where it is.
const licence = readFileSync(new URL('node_modules/uplot/LICENSE', import.meta.url), 'utf8');

export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'dist/study/page',
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      entry: 'src/study/page/main.ts',
      formats: ['iife'],
      name: 'page',
      fileName: () => 'main.js',
      cssFileName: 'main',
    },
    rolldownOptions: { output: { postBanner: `/*! uPlot: ${licence} */` } },
  },
});
