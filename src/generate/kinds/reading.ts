// Readings of a few sensors in turn: a daily cycle, noise, and now and then a value that cannot be right.
import { costs } from './costs.ts';
import type { Generator, Kind, Values } from './kind.ts';
import { jsonBytes, lineBytesOf, rounded } from './lines.ts';
import { decimal, integer, numberOf, text } from './parameters.ts';
import { PlacedRandom } from './random.ts';

export const reading: Kind = {
  name: 'reading',
  summary: 'a sensor reading: sensor, value, unit; with a daily cycle, noise and outliers',
  parameters: {
    sensors: integer(1, 1_000, { meaning: 'how many sensors take turns', default: '4' }),
    mean: decimal(-100_000, 100_000, 3, { meaning: 'the value about which a day goes', default: '20' }),
    amplitude: decimal(0, 10_000, 3, { meaning: 'how far a day goes from the mean, up and down', default: '5' }),
    noise: decimal(0, 10_000, 3, { meaning: 'standard deviation of the noise', default: '0.2' }),
    outliers: decimal(0, 1, 6, { meaning: 'share of readings that are far off', default: '0.002' }),
    unit: text(/^[A-Za-z0-9%/°µ]{1,10}$/, '1 to 10 letters, digits or %/°µ', {
      meaning: 'what the value is measured in',
      default: 'C',
    }),
  },
  generator: makeGenerator,
};

const dayMicros = 86_400_000_000;
// The warmest hour of a day, as a part of it: 15:00.
const peak = 0.625;

function makeGenerator(values: Values, seed: number): Generator {
  const random = new PlacedRandom('reading', seed);
  const count = numberOf(values, 'sensors');
  const mean = numberOf(values, 'mean');
  const amplitude = numberOf(values, 'amplitude');
  const noise = numberOf(values, 'noise');
  const outliers = numberOf(values, 'outliers');
  const unit = JSON.stringify(values.unit);

  // No two sensors are alike: each is a little off, and has its peak up to an hour early or late.
  const makeSensors = () =>
    Array.from({ length: count }, (_, sensor) => {
      random.place(sensor, 1);
      return { bias: amplitude * 0.05 * random.bell(), phase: peak + (random.next() - 0.5) / 12 };
    });
  // They are made with the first message. A thousand take a millisecond, and many specifications are looked at and never read.
  let sensors: ReturnType<typeof makeSensors> | undefined;

  return {
    maxLineBytes: lineBytesOf(jsonBytes({ sensor: count, value: -999_999.999, unit: values.unit })),
    dataMicros: costs.reading,
    data(offset, timeMicros) {
      sensors ??= makeSensors();
      random.place(offset);
      const sensor = offset % count;
      const { bias, phase } = sensors[sensor] as { bias: number; phase: number };
      const day = (timeMicros % dayMicros) / dayMicros;
      let value = mean + bias + amplitude * Math.cos(2 * Math.PI * (day - phase)) + noise * random.bell();
      if (random.next() < outliers)
        value += (random.below(2) === 0 ? -1 : 1) * (3 + 5 * random.next()) * (amplitude + noise);
      return `{"sensor":${sensor + 1},"value":${rounded(value, 3)},"unit":${unit}}`;
    },
  };
}
