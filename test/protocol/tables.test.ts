// The tables of codes and limits agree with themselves and with each other.
import { describe, expect, it } from 'vitest';
import { framesLimits } from '../../src/frames/limits.ts';
import { closeCodes, type ErrorCode, errorCodes, reconnectsAfter } from '../../src/protocol/codes.ts';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { serverLimits } from '../../src/server/limits.ts';
import { limitTables } from '../support/limitTables.ts';

describe('error codes', () => {
  it('that close a connection close it with a code that says as much about trying again', () => {
    for (const [code, { close, retry }] of Object.entries(errorCodes)) {
      if (close === undefined) continue;
      expect(closeCodes[close], code).toBeDefined();
      expect(reconnectsAfter(close), code).toBe(retry);
    }
  });

  it('are carried by the one error there is, with its hint, its cause and whether to try again', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const cause = new Error('why');
      const error = new BlockfeedError(code, 'it happened', { hint: 'do that', about: 'user', cause });
      expect(error).toMatchObject({ name: 'BlockfeedError', code, message: 'it happened', hint: 'do that', cause });
      expect(error.about).toBe('user');
      expect(error.retry).toBe(errorCodes[code].retry);
      expect(error).toBeInstanceOf(Error);
    }
    expect('cause' in new BlockfeedError('closed', 'it happened', { hint: 'do that' })).toBe(false);
  });
});

describe('close codes', () => {
  it('are such as WebSocket lets an endpoint send, or such as nobody sends', () => {
    for (const [code, { sentBy }] of Object.entries(closeCodes)) {
      const reserved = ['1004', '1005', '1006', '1015'].includes(code);
      expect(sentBy === 'nobody', code).toBe(reserved);
      expect(reserved || /^(10(0[0-37-9]|1[0-4])|4\d{3})$/.test(code), code).toBe(true);
    }
  });

  it('1006 is treated as 1012', () => {
    expect(reconnectsAfter(1006)).toBe(reconnectsAfter(1012));
  });

  it('that are in no table mean: again below 4000, else not', () => {
    expect([1014, 3000, 3999, 4000, 4999].map(reconnectsAfter)).toEqual([true, true, true, false, false]);
  });
});

describe('limits', () => {
  const tables = Object.values(limitTables);
  it.each(tables.flatMap((table) => Object.entries(table)))(
    '%s has a default within its range, a reason, and says what happens',
    (_name, limit) => {
      expect(limit.min).toBeLessThanOrEqual(limit.max);
      if (limit.default !== Number.POSITIVE_INFINITY) {
        expect(limit.default).toBeGreaterThanOrEqual(limit.min);
        expect(limit.default).toBeLessThanOrEqual(limit.max);
      }
      expect(limit.reason).not.toBe('');
      expect(limit.atLimit).not.toBe('');
    },
  );

  it('silence is noticed only after two pings went unanswered', () => {
    expect(serverLimits.silentMs.default).toBeGreaterThanOrEqual(2 * serverLimits.pingMs.default);
  });

  it('a page fits into what a socket is handed', () => {
    expect(framesLimits.pageBytes.default).toBeLessThanOrEqual(serverLimits.unsentBytes.default);
  });
});
