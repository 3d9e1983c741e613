// What is measured: who sends, how it is read, and how many messages a block or an emit has. One table for all runs.

/** @typedef {'block' | 'message' | 'ws' | 'socket.io'} Reading how the reader counts and answers */
/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} server the file of the server process
 * @property {object} options what the server process is told
 * @property {string} [reader] the file of the reader process, './reader.mjs' unless stated
 * @property {Reading} reading
 * @property {number} size messages a block, or a frame of a peer
 * @property {number} [window] blocks under way and not acked; what the library states where it is left out
 * @property {number} [roundTripMs] how far away the server is, through a proxy in the reader's process
 */

/** The feed whose lines have about 128 bytes, as the peers' messages have. */
const feed = 'counter?pad=55&rate=max';

const ws = './peers/ws.mjs';
const socketIo = './peers/socketio.mjs';
const blockfeed = './server.mjs';

/** @type {Case} */
export const yardstick = {
  name: 'ws, stringify and send in a loop',
  server: ws,
  options: { as: 'stringify' },
  reading: 'ws',
  size: 1,
};

/** @type {Case[]} */
export const fanOut = [
  yardstick,
  { name: 'ws, encoded once', server: ws, options: { as: 'once' }, reading: 'ws', size: 1 },
  { name: 'Socket.IO emit', server: socketIo, options: { as: 'emit', size: 1 }, reading: 'socket.io', size: 1 },
  {
    name: 'blockfeed, message delivery',
    server: blockfeed,
    options: { feed },
    reading: 'message',
    size: 500,
    window: 16,
  },
  { name: 'blockfeed, blocks of 50', server: blockfeed, options: { feed }, reading: 'block', size: 50, window: 64 },
  { name: 'blockfeed, blocks of 500', server: blockfeed, options: { feed }, reading: 'block', size: 500, window: 16 },
  { name: 'ws handed ready blocks of 500', server: ws, options: { as: 'blocks', size: 500 }, reading: 'ws', size: 500 },
  {
    name: 'Socket.IO handed ready blocks of 500',
    server: socketIo,
    options: { as: 'emit', size: 500 },
    reading: 'socket.io',
    size: 500,
  },
  { name: 'the ceiling: raw TCP', server: './peers/raw.mjs', options: { size: 500 }, reading: 'ws', size: 500 },
];

/** One consumer takes so many messages, 500 a block, every block acked; ws has no acks and no blocks. */
export const oneConsumerMessages = 1_000_000;

/** @type {Case[]} */
export const oneConsumer = [
  yardstick,
  {
    name: 'Socket.IO emitWithAck, 500 an emit, 8 in flight',
    server: socketIo,
    options: { as: 'acked', size: 500, inFlight: 8 },
    reading: 'socket.io',
    size: 500,
  },
  { name: 'blockfeed, made while sent', server: blockfeed, options: { feed }, reading: 'block', size: 500, window: 8 },
  {
    name: 'blockfeed, published before',
    server: blockfeed,
    options: { published: oneConsumerMessages + 10_000, pad: 55 },
    reading: 'block',
    size: 500,
    window: 8,
  },
];

const program = './program.mjs';

/** What a program gets that uses the library, beside one that only listens to ws and is sent ready frames. @type {Case[]} */
export const oneProgram = [
  {
    name: 'ws alone, ready frames of one message',
    server: ws,
    options: { as: 'frames', size: 500 },
    reader: program,
    reading: 'ws',
    size: 1,
  },
  {
    name: 'the library, message delivery, blocks of 500',
    server: blockfeed,
    options: { feed },
    reader: program,
    reading: 'message',
    size: 500,
    window: 16,
  },
  {
    name: 'the library, block delivery, blocks of 500',
    server: blockfeed,
    options: { feed },
    reader: program,
    reading: 'block',
    size: 500,
    window: 16,
  },
];
/** In how many connections. */
export const programClients = [1, 10];

/** One program that uses the library, far away: what the window lets be under way is what a round trip carries. @type {Case[]} */
export const farAway = [
  { window: 8, name: 'blocks of 5, a window of 8 blocks' },
  { name: 'blocks of 5, the window of 1,000 blocks and 4 MiB' },
].map((testCase) => ({
  ...testCase,
  server: blockfeed,
  options: { feed },
  reader: program,
  reading: 'block',
  size: 5,
  roundTripMs: 50,
}));

/** Whether anything holds the event loop: many clients at full speed, and the kind that is dearest to make. @type {(Case & { clients: number })[]} */
export const eventLoop = [
  {
    name: 'blocks of 500, counter',
    server: blockfeed,
    options: { feed, iterations: 1 },
    reading: 'block',
    size: 500,
    window: 8,
    clients: 1_000,
  },
  {
    name: 'messages, counter',
    server: blockfeed,
    options: { feed, iterations: 1 },
    reading: 'message',
    size: 500,
    window: 8,
    clients: 1_000,
  },
  {
    name: 'blocks of 500, user',
    server: blockfeed,
    options: { feed: 'user?rate=max', iterations: 1 },
    reading: 'block',
    size: 500,
    window: 8,
    clients: 100,
  },
];
