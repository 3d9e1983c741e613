// Lines of a web server's access log, as records. Few visitors and few pages get most of the traffic.
import { costs } from './costs.ts';
import type { Generator, Kind, Values } from './kind.ts';
import { jsonBytes, lineBytesOf, longestJsonBytes, rounded } from './lines.ts';
import { decimal, integer, numberOf } from './parameters.ts';
import { PlacedRandom } from './random.ts';

export const access: Kind = {
  name: 'access',
  summary: 'an HTTP request served: ip, method, path, status, bytes, agent, durationMs',
  parameters: {
    visitors: integer(1, 16_000_000, { meaning: 'how many addresses there are', default: '10000' }),
    pages: integer(1, 1_000_000, { meaning: 'how many paths there are', default: '500' }),
    errors: decimal(0, 1, 6, { meaning: 'share of requests answered 4xx or 5xx', default: '0.02' }),
  },
  generator: makeGenerator,
};

const agents: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
  'curl/8.14.1',
  'python-requests/2.32.4',
  'ExampleBot/2.1 (+https://example.com/bot)',
];
const sections: readonly string[] = ['products', 'articles', 'images', 'api/items', 'help'];
// A word stands in its list as often as it is to come: of 100, 20 and 20.
const methods: readonly string[] = weighted({ GET: 88, POST: 8, HEAD: 2, PUT: 1, DELETE: 1 });
const good: readonly number[] = weighted({ 200: 17, 304: 2, 301: 1 }).map(Number);
const bad: readonly number[] = weighted({ 404: 13, 403: 2, 429: 1, 500: 3, 503: 1 }).map(Number);
// It is odd. So multiplying by it reorders the 24 bits of addresses, and no two become one.
const scatter = 0x9e_37_79;

function makeGenerator(values: Values, seed: number): Generator {
  const random = new PlacedRandom('access', seed);
  const visitors = numberOf(values, 'visitors');
  const pages = numberOf(values, 'pages');
  const errors = numberOf(values, 'errors');
  const longest = jsonBytes({
    ip: '10.255.255.255',
    method: 'DELETE',
    path: `/api/items/${pages}`,
    status: 200,
    bytes: 99_999_999,
    agent: '',
    durationMs: 99_999.9,
  });
  return {
    maxLineBytes: lineBytesOf(longest + longestJsonBytes(agents)),
    dataMicros: costs.access,
    data(offset) {
      random.place(offset);
      const visitor = Math.floor(visitors * random.skewed());
      const page = Math.floor(pages * random.skewed());
      const failed = random.next() < errors;
      const method = random.pick(methods);
      const status = failed ? random.pick(bad) : random.pick(good);
      const empty = method === 'HEAD' || status === 304;
      // Pareto's distribution, cut off at 200 times its least: most are quick and a few are very slow.
      const tail = 1 / (1 - 0.995 * random.next());
      return JSON.stringify({
        ip: address(visitor),
        method,
        path: page === 0 ? '/' : `/${sections[page % sections.length]}/${page}`,
        status,
        bytes: empty ? 0 : failed ? 512 : Math.floor(400 + 1_600 * random.next() * tail),
        agent: agents[visitor % agents.length],
        durationMs: rounded((empty ? 0.4 : 2) * tail * (1 + random.next()), 1),
      });
    },
  };
}

/** A private address (RFC 1918), so never that of somebody. */
function address(visitor: number): string {
  const bits = Math.imul(visitor, scatter) & 0xff_ff_ff;
  return `10.${bits >>> 16}.${(bits >>> 8) & 255}.${bits & 255}`;
}

function weighted(weights: Readonly<Record<string, number>>): string[] {
  return Object.entries(weights).flatMap(([word, weight]) => Array.from({ length: weight }, () => word));
}
