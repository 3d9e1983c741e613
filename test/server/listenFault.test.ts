// Where a server cannot listen it says why in words, and what to do.
import { expect, test } from 'vitest';
import { listenFault } from '../../src/server/listenFault.ts';

test.each([
  ['EACCES', /permission denied \(EACCES\)$/, /Ports below 1024 need root .*: take a higher port/],
  ['EADDRINUSE', /in use \(EADDRINUSE\)$/, /another port, or 0/],
  ['EADDRNOTAVAIL', /EADDRNOTAVAIL$/, /an address of this machine/],
])('%s', (code, message, hint) => {
  const fault = listenFault(Object.assign(new Error('listen'), { code }), '127.0.0.1', 80);
  expect(fault).toMatchObject({ code: 'bad-option', message: expect.stringMatching(message) });
  expect(fault.message).toMatch(/^cannot listen on 127\.0\.0\.1:80: /);
  expect(fault.hint).toMatch(hint);
});
