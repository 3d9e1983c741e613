// The checksum that runs anywhere is the one that Node, gzip and PNG have.
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';

it('crc32 is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000, size: 'max' }), (bytes) => {
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    }),
  );
});

it('crc32 has the check value of its catalogue, and 0 for nothing', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcb_f4_39_26);
  expect(crc32(new Uint8Array())).toBe(0);
});

it('crc32 is of the bytes that a view shows, not of the memory behind', () => {
  const bytes = new TextEncoder().encode('xx123456789xx');
  expect(crc32(bytes.subarray(2, 11))).toBe(0xcb_f4_39_26);
});
