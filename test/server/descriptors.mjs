// A server that is told to take every file descriptor it can get, and to give them back; it says what it logs.
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { createServer } from '../../dist/server/index.js';

const say = (/** @type {object} */ _fields, /** @type {string} */ logged) => void process.send?.({ logged });
const server = createServer({ feeds: {}, log: { info: say, warn: say, error: say } });
const { port } = await server.listen();
say({}, `listening ${port}`);

/** @type {number[]} */
const taken = [];
process.on('message', (what) => {
  if (what === 'give back') for (const descriptor of taken.splice(0)) closeSync(descriptor);
  else
    try {
      for (;;) taken.push(openSync(devNull, 'r'));
    } catch (error) {
      say({}, `took ${taken.length}: ${String(error)}`);
    }
});
