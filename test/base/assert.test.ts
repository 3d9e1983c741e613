import { expect, it } from 'vitest';
import { assert, unreachable } from '../../src/base/assert.ts';

it('an assertion that holds says nothing, and one that does not is a defect with the claim in it', () => {
  expect(() => assert(true, 'one is one')).not.toThrow();
  expect(() => assert(false, 'one is two')).toThrow(new Error('defect: one is two does not hold'));
});

it('a case that cannot be is a defect with the value in it', () => {
  expect(() => unreachable('blue' as never)).toThrow(new Error('defect: unreachable case blue'));
});
