// CRC-32 as in zlib, PNG and gzip (reflected polynomial 0xEDB88320), for browsers, which have no zlib. It is meant for
// single lines; files use node:zlib's, which gives the same numbers.

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xed_b8_83_20 : value >>> 1;
  return value;
});

/** The checksum of `bytes`, an integer from 0 to 2^32-1. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xff_ff_ff_ff;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xff_ff_ff_ff) >>> 0;
}
