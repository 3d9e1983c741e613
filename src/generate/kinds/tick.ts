// Trades of a share whose price walks at random. The price of any offset costs 16 draws at most, not a walk from the start.
import { costs } from './costs.ts';
import type { Generator, Kind } from './kind.ts';
import { jsonBytes, lineBytesOf } from './lines.ts';
import { decimal, numberOf, text } from './parameters.ts';
import { PlacedRandom } from './random.ts';

export const tick: Kind = {
  name: 'tick',
  summary: 'a trade: symbol, price, size, side; the price is a random walk about a level',
  parameters: {
    symbol: text(/^[A-Z0-9][A-Z0-9.-]{0,11}$/, '1 to 12 of A-Z, 0-9, point and hyphen', {
      meaning: 'the name of what is traded',
      default: 'ACME',
    }),
    start: decimal(1, 1_000_000, 2, { meaning: 'the price about which it walks', default: '100' }),
    volatility: decimal(0, 20, 3, {
      meaning: "standard deviation of one message's change, in hundredths of a percent",
      default: '5',
    }),
  },
  generator: (values, seed) =>
    makeGenerator(values.symbol as string, numberOf(values, 'start'), numberOf(values, 'volatility') / 10_000, seed),
};

function makeGenerator(symbol: string, start: number, deviation: number, seed: number): Generator {
  const random = new PlacedRandom('tick', seed);
  const walk = makeWalk(random, deviation);
  const head = `{"symbol":"${symbol}","price":`;
  // e^3.75 is more than any walk of the largest volatility does: the sum of its bounds, each draw being within 3.
  const longest = jsonBytes({ symbol, price: Math.ceil(start * 43) + 0.01, size: 10_000, side: 'sell' });
  return {
    maxLineBytes: lineBytesOf(longest),
    dataMicros: costs.tick,
    data(offset) {
      const cents = Math.max(1, Math.round(start * 100 * Math.exp(walk(offset))));
      random.place(offset);
      // Small lots are the rule.
      const size = 10 * (1 + Math.floor(1_000 * random.skewed()));
      return `${head}${cents / 100},"size":${size},"side":"${random.below(2) === 0 ? 'buy' : 'sell'}"}`;
    },
  };
}

const levels = 16;
const span = 2 ** levels;

/**
 * The logarithm of the price by offset: at every multiple of 65,536 a draw of its own, and between two of them a Brownian
 * path by midpoint displacement (P. Lévy, 1948; A. Fournier, D. Fussell, L. Carpenter, "Computer Rendering of Stochastic
 * Models", CACM 25(6), 1982; P. Glasserman, "Monte Carlo Methods in Financial Engineering", 2003, section 3.1): the middle
 * of an interval of 2h steps is the mean of its ends and a deviation of sqrt(h / 2) steps. The draws at the multiples are
 * such that two of them differ as a walk of that length would, so steps look alike everywhere, yet the price stays about
 * its level for ever.
 */
function makeWalk(random: PlacedRandom, deviation: number): (offset: number) => number {
  // Each level's last draw is kept, since a reader who goes on needs it again: two draws a message instead of 18.
  const keptAt = new Float64Array(levels + 2).fill(-1);
  const kept = new Float64Array(levels + 2);
  const draw = (slot: number, at: number): number => {
    if (keptAt[slot] !== at) {
      random.place(at, 1);
      keptAt[slot] = at;
      kept[slot] = random.bell();
    }
    return kept[slot] as number;
  };
  const edgeDeviation = deviation * Math.sqrt(span / 2);
  const deviations = Array.from({ length: levels }, (_, level) => deviation * Math.sqrt(span / 2 ** (level + 2)));

  return (offset) => {
    const block = Math.floor(offset / span);
    let low = block * span;
    let left = edgeDeviation * draw(levels + (block % 2), low);
    if (low === offset) return left;
    let right = edgeDeviation * draw(levels + ((block + 1) % 2), low + span);
    for (let level = 0, half = span / 2; ; level++, half /= 2) {
      const middle = low + half;
      const value = (left + right) / 2 + (deviations[level] as number) * draw(level, middle);
      if (middle === offset) return value;
      if (offset < middle) {
        right = value;
      } else {
        left = value;
        low = middle;
      }
    }
  };
}
