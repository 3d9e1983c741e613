import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errorName, storageError } from '../../src/blocks/files.ts';

/** As Node makes an error of a number that libuv has no name for. */
function unnamed(errno: number): Error {
  const text = `Unknown system error -${errno}`;
  return Object.assign(new Error(`${text}: ${text}, write`), { errno: -errno, code: text, syscall: 'write' });
}

describe('an error of the operating system', () => {
  it('that Node has no name for is named by its number, and says what to do', () => {
    const error = storageError('write', '/data/x', unnamed(constants.errno.EDQUOT));
    expect(error).toMatchObject({ code: 'storage', about: '/data/x', hint: expect.stringMatching(/quota/) });
    expect(error.message).toMatch(/^cannot write \/data\/x: EDQUOT \(Unknown system error -\d+/);
  });

  it('that has a name keeps the text of it', () => {
    const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { errno: -28, code: 'ENOSPC' });
    const error = storageError('write', '/data/x', cause);
    expect(error.message).toBe('cannot write /data/x: ENOSPC: no space left on device, write');
    expect(error.hint).toMatch(/Free some space/);
  });

  it('has a hint whatever it is, and none is taken for one that it is not', () => {
    for (const cause of [unnamed(4_000), new Error('something'), 'text', undefined, { errno: 'x', code: 5 }]) {
      expect(errorName(cause)).toBeUndefined();
      expect(storageError('write', '/data/x', cause).hint).toMatch(/\.$/);
    }
    for (const number of Object.values(constants.errno))
      expect(storageError('write', '/data/x', unnamed(number)).message).toMatch(/: E[A-Z0-9]+ \(/);
  });
});
