// The script that looks for rules without a test: what it takes for a rule, and what for a citation.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { citedRules, compareRules, statedRules } from '../../scripts/rules.mjs';

const protocol = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

describe('the rules of PROTOCOL.md', () => {
  it('are all found: every bold id begins an item of a list, and has its number once', () => {
    const bold = [...protocol.matchAll(/\*\*([A-Z]+-?\d+)\*\*/g)].map(([, rule]) => rule);
    expect(statedRules(protocol)).toEqual(bold);
    expect(new Set(bold).size).toBe(bold.length);
    expect(bold.length).toBeGreaterThan(40);
  });
});

describe('a citation', () => {
  // Put together, so that this file cites nothing.
  const called = (name: string, call = 'it') => `${call}('${name}', () => {});`;

  it('is the start of the name of a test', () => {
    expect(citedRules(called('SUB-3: is refused'))).toEqual(['SUB-3']);
    expect(citedRules(called('B2, CUT-1 and FRAME-2: agree', 'test'))).toEqual(['B2', 'CUT-1', 'FRAME-2']);
    expect(citedRules(called('C1: $name', 'describe.each(all)').replaceAll("'", '"'))).toEqual(['C1']);
    expect(citedRules(called('C1: a long name').replace('(', '(\n  '))).toEqual(['C1']);
    expect(citedRules(called('MSG-1: $why', 'it.each([["a", f(1)]])'))).toEqual(['MSG-1']);
  });

  it('is not what stands anywhere else', () => {
    expect(citedRules(called('is refused (SUB-3)'))).toEqual([]);
    expect(citedRules(called('SUB-3 is refused'))).toEqual([]);
    expect(citedRules(called('SUB-3x: is refused'))).toEqual([]);
    expect(citedRules('// SUB-3: is refused')).toEqual([]);
    expect(citedRules("const why = 'SUB-3: is refused';")).toEqual([]);
    expect(citedRules(called('SUB-3: is refused', 'submit'))).toEqual([]);
  });

  it('is compared with what is stated', () => {
    const citedByFile = new Map([
      ['a.test.ts', ['CUT-1', 'CUT-9', 'CUT-9']],
      ['b.test.ts', ['CUT-1']],
    ]);
    expect(compareRules(['CUT-1', 'CUT-2', 'CUT-2'], citedByFile)).toEqual({
      uncited: ['CUT-2', 'CUT-2'],
      unknown: ['CUT-9 (a.test.ts)'],
      repeated: ['CUT-2'],
    });
  });
});
