// Every flag and argument of every command, with each kind of wrong value: a usage error of one line that names the flag and
// what it takes. The flags are enumerated from the program, so one without a row in the table below is a failure.
import type { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { makeProgram } from '../../src/cli/program.ts';

/** Values of each kind, spelled as a flag of its type could be meant. */
interface Values {
  readonly zero: readonly string[];
  readonly negative: readonly string[];
  readonly huge: readonly string[];
  readonly notANumber: readonly string[];
  readonly text: readonly string[];
  readonly odd: readonly string[];
}

const numbers: Values = {
  zero: ['0'],
  negative: ['-1', '-0', '-9007199254740993'],
  huge: ['9007199254740993', '99999999999999999999', '9'.repeat(400)],
  notANumber: ['NaN', 'Infinity', '-Infinity', 'undefined', 'null'],
  text: ['abc', '5x', 'five', '\u001b[31m5', '5\n5'],
  odd: ['1e3', '0x10', '+5', '5.5', ' 5', '5 ', '5,000', '5_000', '٥', '５'],
};

const durations: Values = {
  zero: ['0s', '0ms', '0'],
  negative: ['-1s', '-1ms', '-0s'],
  huge: ['99999999d', '999999999999999d', `${'9'.repeat(400)}s`],
  notANumber: ['NaN', 'NaNs', 'Infinity', 'Infinitys'],
  text: ['abc', 's', 'two s', '5 fortnights', '2S'],
  odd: ['5', '1e3s', '+5s', '0.0001s', '1.5ms', ' 5s', '5s ', '5s5', '5  s', '5ms 5s'],
};

const sizes: Values = {
  zero: ['0', '0B', '0KiB'],
  negative: ['-1', '-1MiB'],
  huge: ['99999999999999999999', '999999999999999GiB', '9'.repeat(400)],
  notANumber: ['NaN', 'NaNMiB', 'Infinity'],
  text: ['abc', 'MiB', '64kb', '64Kibibytes'],
  odd: ['1e6', '0x10000', '+65536', '65536.5', ' 65536', '65536 ', '65,536'],
};

const words: Values = {
  ...numbers,
  text: ['abc', 'ON', 'Block', 'toString', '__proto__', 'constructor'],
  odd: [' on', 'on ', 'block,message', 'info '],
};

interface Row {
  readonly values: Values;
  /** What the error says that the flag takes. */
  readonly range: string;
  /** Of the values above those that the flag may have, and why. */
  readonly valid?: readonly string[];
  /** Values that are at the ends of the range. */
  readonly ends: readonly string[];
  /** Values that are just beyond. */
  readonly beyond: readonly string[];
}

const long = (length: number) => 'x'.repeat(length);

const port: Row = {
  values: numbers,
  range: 'a whole number from 0 to 65535',
  valid: ['0'], // takes a free port
  ends: ['0', '65535'],
  beyond: ['65536'],
};
/** A path or a name may be anything that is not empty and not too long: "0" and "NaN" are files, "-1" too. */
const anyText = (maxLength: number): Row => ({
  values: { zero: [], negative: [], huge: [long(100_000)], notANumber: [], text: [], odd: [] },
  range: `1 to ${maxLength} characters`,
  ends: ['0', '-1', 'NaN', 'abc', ' ', long(maxLength)],
  beyond: [long(maxLength + 1)],
});
const whole = (min: number, max: number): Row => ({
  values: numbers,
  range: `a whole number from ${min} to ${max}`,
  valid: min === 0 ? ['0'] : [],
  ends: [String(min), String(max)],
  beyond: [String(max + 1), ...(min > 0 ? [String(min - 1)] : [])],
});
const bytes = (min: number, max: number): Row => ({
  values: sizes,
  range: `a size from ${min} to ${max} bytes, like 65536, 64KiB or 1MiB`,
  ends: [String(min), String(max), `${min}B`],
  beyond: [String(min - 1), String(max + 1), `${max}GiB`],
});
const time = (min: string, max: string, row: Partial<Row> & Pick<Row, 'beyond'>): Row => ({
  values: durations,
  range: `a duration from ${min} to ${max}, in whole milliseconds, like 2s or 500ms`,
  ends: [min, max, '1500ms', '1.5s'],
  ...row,
});
const oneOf = (...choices: string[]): Row => ({
  values: words,
  range: `one of ${choices.join(', ')}`,
  ends: choices,
  beyond: [`${choices[0]}x`],
});
const url: Row = {
  values: { ...numbers, odd: ['http://127.0.0.1', 'ftp://x', 'ws://', 'ws://x#y', '://', 'ws://a b', 'x:99999'] },
  range: 'the address of a server, like ws://127.0.0.1:8080',
  // A bare word is a host.
  valid: ['0', 'abc', '5x', 'five', 'NaN', 'Infinity', 'undefined', 'null'],
  ends: ['ws://127.0.0.1:8080', 'wss://example.net/below', 'localhost:8080', 'ws://[::1]:1'],
  beyond: ['ws://x:65536'],
};

const table: Readonly<Record<string, Row>> = {
  'serve --port': port,
  'serve --host': anyText(255),
  'serve --feed': {
    values: {
      zero: ['0', 'x=0', 'x=counter?rate=0', 'x=tick?seed='],
      negative: ['-1', 'x=-1', 'x=counter?rate=-1'],
      huge: [
        `${long(65)}=counter`,
        `x=${long(9_000)}`,
        'x=counter?rate=1000001',
        'x=counter?seed=99999999999999999999',
      ],
      notANumber: ['NaN', 'x=NaN', 'x=counter?rate=NaN', 'x=counter?rate=Infinity'],
      text: ['abc', 'x=abc', 'x=counter?rate=abc', 'x=counter?no-such=1', 'X=counter', '_x=counter', 'a b=counter'],
      odd: ['=', '=counter', 'x=', 'x', 'x==counter', 'x=counter?rate=1&rate=2', '__proto__=counter', 'x=__proto__'],
    },
    range: 'a name of 1 to 64 of a-z, 0-9, dot, dash and underscore, then = and a specification like tick?rate=10',
    ends: ['x=counter', `${long(64)}=counter?rate=1000000`, 'constructor=user?rate=0.5'],
    beyond: ['x=counter?rate=1000001'],
  },
  'serve --origin': {
    values: {
      ...words,
      notANumber: ['NaN', 'Infinity', 'undefined'],
      odd: ['file://', 'ws://app.example', 'https://app.example/x', 'https://*'],
    },
    range:
      'an origin like https://app.example or http://localhost:3000, null for pages opened from files, or * for every page',
    ends: ['https://app.example', 'http://localhost:3000/', 'null', '*', 'HTTP://127.0.0.1:8080'],
    beyond: ['https://app.example?', 'app.example'],
  },
  'serve --ad-hoc': oneOf('on', 'off'),
  'serve --ad-hoc-feeds': whole(0, 100_000),
  'serve --ad-hoc-rate': {
    values: { ...numbers, odd: numbers.odd.filter((value) => value !== '5.5') },
    range: 'a number from 0.001 to 1000000',
    ends: ['0.001', '1000000', '5.5'],
    beyond: ['0.000999999', '1000000.1'],
  },
  'serve --connections': whole(1, 1_000_000),
  'serve --unsent': bytes(65_536, 16_777_216),
  'serve --unsent-in-all': bytes(1_048_576, 1_099_511_627_776),
  'serve --cache': bytes(4_194_304, 68_719_476_736),
  'serve --drain': time('0ms', '10m', { valid: ['0s', '0ms'], beyond: ['600001ms', '11m'] }),
  'serve --log-level': oneOf('debug', 'info', 'warn', 'error', 'silent'),
  'collect <url>': url,
  'collect <feed>': {
    values: {
      zero: ['x:0'],
      negative: ['x:-1'],
      huge: ['x:99999999999999999999'],
      notANumber: ['x:NaN'],
      text: ['x:abc', 'x:5 '],
      odd: ['x:', 'x:5.5', 'x:5:5', 'tick?seed=1:0'],
    },
    range: 'a whole number from 1 to 2147483647',
    ends: ['x', 'x:1', 'x:2147483647', 'tick?seed=1:5', 'tick?origin=2026-01-01T00:00:00Z', '0', 'NaN', long(8_192)],
    beyond: ['x:2147483648', 'x:0'],
  },
  'collect --size': whole(1, 2_147_483_647),
  'collect --wait': time('1ms', '1d', { beyond: ['0.999ms', '86400001ms', '25h'] }),
  'collect --bytes': bytes(1_000, 1_073_741_824),
  'collect --from': {
    values: {
      ...numbers,
      odd: [
        ...numbers.odd,
        '2026-02-30',
        '2026-13-01',
        '2026-01-01T25:00:00Z',
        '1000-01-01',
        'now',
        'LATEST',
        'committed/',
        'committed/tail',
        'committed/refuse/',
      ],
    },
    range:
      'latest, tail, earliest, committed, committed/earliest, committed/refuse, an offset, a negative count of messages, or a time like 2026-01-01T00:00:00Z',
    valid: ['0', '-1'],
    ends: [
      'latest',
      'tail',
      'earliest',
      'committed',
      'committed/earliest',
      'committed/refuse',
      '9007199254740991',
      '-9007199254740991',
      '2026-01-01',
    ],
    beyond: ['9007199254740992'],
  },
  'collect --until': whole(0, Number.MAX_SAFE_INTEGER),
  'collect --blocks': whole(1, Number.MAX_SAFE_INTEGER),
  'collect --out': anyText(4_096),
  'collect --text': anyText(4_096),
  'collect --delivery': oneOf('block', 'message'),
  'collect --window': whole(1, 100_000),
  'collect --window-bytes': bytes(1_000, 1_073_741_824),
  'collect --consumer': {
    values: {
      zero: [],
      negative: [],
      huge: [long(100_000)],
      notANumber: [],
      text: ['a b', 'a\nb', 'ä'],
      odd: ['', ' ', 'a/b'],
    },
    range: 'a name of 1 to ',
    ends: ['0', 'NaN', 'abc', 'a.b-c_d'],
    beyond: [long(1_000)],
  },
  'collect --retry': whole(0, 1_000_000),
  'collect --roll': bytes(1_000, 1e12),
  'collect --name': anyText(100),
  'demo --out': anyText(4_096),
  'demo --restart-after': time('1s', '1d', { beyond: ['999ms', '86400001ms'] }),
  'demo --for': time('1s', '1d', { beyond: ['999ms', '86400001ms'] }),
  'feeds <url>': url,
  'study <what>': {
    values: { zero: [], negative: [], huge: [long(100_000)], notANumber: [], text: [], odd: ['', 'http://x', 'ws://'] },
    range: '',
    ends: ['0', 'NaN', 'abc', 'ws://127.0.0.1:8080', long(4_096)],
    beyond: [long(4_097)],
  },
  'study --size': listOf(whole(1, 2_147_483_647)),
  'study --clients': listOf(whole(1, 10_000)),
  'study --delivery': {
    ...oneOf('block', 'message'),
    values: { ...words, odd: [' on', 'block,on', 'block,'] },
    ends: ['block', 'message', 'block,message'],
  },
  'study --rate': listOf({
    values: { ...numbers, odd: numbers.odd.filter((value) => value !== '5.5') },
    range: 'a number from 0.001 to 1000000',
    ends: ['0.001', '1000000', '5.5', 'max'],
    beyond: ['0.000999999', '1000000.1'],
  }),
  'study --message-bytes': {
    ...listOf(bytes(64, 900_000)),
    values: { ...sizes, odd: sizes.odd.filter((value) => value !== '65,536') },
  },
  'study --window': whole(1, 100_000),
  'study --rounds': whole(1, 1_000),
  'study --repeats': whole(0, 100),
  'study --measure': time('50ms', '10m', { beyond: ['49ms', '600001ms'] }),
  'study --warm-up': time('0ms', '10m', { valid: ['0s', '0ms'], beyond: ['600001ms'] }),
  'study --workers': whole(1, 256),
  'study --seed': whole(0, 2_147_483_647),
  'study --latency': {
    values: {
      zero: ['0', 'p99=0s'],
      negative: ['-1', 'p99=-1s'],
      huge: ['p99=99999999d', `p99=${'9'.repeat(400)}s`],
      notANumber: ['NaN', 'p99=NaN'],
      text: ['abc', 'p99', 'p98=1s', 'toString=1s'],
      odd: ['p99=5', '=1s', 'p99=', 'p99=1s=1s', 'p999=1s'],
    },
    range: 'p50, p90, p99, p99.9, max, then = and a duration up to 1h, like p99=50ms',
    ends: ['p99=50ms', 'p99.9=1us', 'max=1h'],
    beyond: ['p99=61m'],
  },
  'study --throughput': { ...oneOf('max'), beyond: ['min'] },
  'study --out': anyText(4_096),
  'verify <folder>': {
    values: { zero: [], negative: [], huge: [long(100_000)], notANumber: [], text: [], odd: [''] },
    range: '1 to 4096 characters',
    ends: ['0', 'NaN', 'abc', long(4_096)],
    beyond: [long(4_097)],
  },
};

/** Several of them, with commas between. */
function listOf(row: Row): Row {
  const [first = '', second = first] = row.ends;
  return {
    ...row,
    ends: [...row.ends, `${first},${second}`],
    beyond: [...row.beyond, `${first},${row.beyond[0]}`, `${first},`],
  };
}

/** What a command needs besides what is tested. */
const otherArguments: Readonly<Record<string, readonly string[]>> = {
  collect: ['ws://127.0.0.1:1', 'x'],
  feeds: ['ws://127.0.0.1:1'],
  verify: ['folder'],
};

const commands = makeProgram().commands;
const takesValue = (option: Option) => option.required || option.optional;
const valueFlags = commands.flatMap((command) =>
  command.options.filter(takesValue).map((option) => `${command.name()} ${option.long}`),
);
const switches = commands.flatMap((command) =>
  command.options.filter((option) => !takesValue(option)).map((option) => `${command.name()} ${option.long}`),
);
const argumentNames = commands.flatMap((command) =>
  command.registeredArguments.map((argument) => `${command.name()} <${argument.name()}>`),
);

/** The usage error of a call; undefined when it would run. No command does: their actions are taken away. */
async function errorOf(argv: readonly string[]): Promise<{ line: string | undefined; exitCode: number } | undefined> {
  const program = makeProgram();
  let ran = false;
  for (const command of program.commands as Command[])
    command.action(() => {
      ran = true;
    });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (cause) {
    expect(ran).toBe(false);
    return failureOf(program, cause);
  }
  expect(ran).toBe(true);
  return undefined;
}

function argvWith(name: string, value: string): string[] {
  const [command = '', what = ''] = name.split(' ');
  const others = otherArguments[command] ?? [];
  if (!what.startsWith('<')) return [command, ...others, what, value];
  const place = argumentNames.filter((each) => each.startsWith(`${command} `)).indexOf(name);
  // Behind -- nothing is taken for a flag.
  return [command, '--', ...others.slice(0, place), value, ...others.slice(place + 1)];
}

async function expectRefused(name: string, value: string, range: string): Promise<void> {
  const failure = await errorOf(argvWith(name, value));
  expect(failure, `${name} ${JSON.stringify(value.slice(0, 50))} is refused`).toBeDefined();
  const { line = '', exitCode } = failure ?? { exitCode: 0 };
  expect(exitCode, line).toBe(2);
  expect(line).not.toContain('\n');
  expect(line).not.toContain('\u001b');
  expect(line).not.toContain('..');
  expect(line.length).toBeLessThan(700);
  expect(line).toContain(nameInErrors(name));
  // Where a name is right, the specification has ranges of its own, one a parameter.
  if (!/^--feed "x+=/.test(line)) expect(line).toContain(range);
}

function nameInErrors(name: string): string {
  if (name === 'collect <feed>') return 'the size of ';
  if (name === 'study <what>') return 'WHAT';
  return { '<url>': 'the URL', '<folder>': 'the folder' }[name.split(' ')[1] ?? ''] ?? name.split(' ')[1] ?? '';
}

test('the table has a row for every flag and argument that takes a value, and for nothing else', () => {
  expect(Object.keys(table).sort()).toEqual([...valueFlags, ...argumentNames].sort());
  expect(switches.length).toBeGreaterThan(0);
});

for (const [name, row] of Object.entries(table)) {
  for (const [kind, values] of Object.entries(row.values) as [keyof Values, readonly string[]][]) {
    const wrong = values.filter((value) => row.valid?.includes(value) !== true);
    if (wrong.length > 0)
      test(`${name} refuses ${kind}, naming itself and its range`, async () => {
        for (const value of wrong) await expectRefused(name, value, row.range);
      });
  }

  test(`${name} takes the ends of its range, and nothing beyond`, async () => {
    for (const value of [...row.ends, ...(row.valid ?? [])])
      expect(await errorOf(argvWith(name, value)), `${name} ${value.slice(0, 50)}`).toBeUndefined();
    for (const value of row.beyond) await expectRefused(name, value, row.range);
  });
}

test.each(valueFlags)('%s without a value, or with an empty one, is refused, and told what it takes', async (name) => {
  const range = table[name]?.range ?? '';
  for (const argv of [argvWith(name, '').slice(0, -1), argvWith(name, '')]) {
    const failure = await errorOf(argv);
    expect(failure?.exitCode).toBe(2);
    expect(failure?.line).toContain(`${name.split(' ')[1]} is "": give ${range}`);
  }
});

/** Those that may be left out. */
const optionalArguments = ['study <what>'];

test.each(argumentNames)('%s left out, or empty, is refused by its name', async (name) => {
  const [command = '', argument = ''] = name.split(' ');
  const place = argumentNames.filter((each) => each.startsWith(`${command} `)).indexOf(name);
  const missing = await errorOf([command, ...(otherArguments[command] ?? []).slice(0, place)]);
  if (optionalArguments.includes(name)) expect(missing).toBeUndefined();
  else {
    expect(missing?.exitCode).toBe(2);
    expect(missing?.line).toContain(`missing required argument '${argument.slice(1, -1)}'`);
  }
  const empty = await errorOf(argvWith(name, ''));
  expect(empty?.exitCode).toBe(2);
  expect(empty?.line).toMatch(/^(the URL|FEED|the folder|WHAT) is ""/);
});

test.each(switches)('%s takes no value', async (name) => {
  const [command = '', flag = ''] = name.split(' ');
  const others = otherArguments[command] ?? [];
  for (const value of ['0', '-1', 'true', 'NaN', '']) {
    const failure = await errorOf([command, ...others, `${flag}=${value}`]);
    expect(failure?.exitCode).toBe(2);
    expect(failure?.line).toContain(`unknown option '${flag}=${value}'`);
  }
  expect(await errorOf([command, ...others, flag])).toBeUndefined();
});

test('a flag or command that is mistyped is answered with the one that was meant', async () => {
  for (const command of commands) {
    const wrong = `${command.name()}x`;
    expect((await errorOf([wrong]))?.line).toBe(
      `unknown command '${wrong}' (Did you mean ${command.name()}?). See blockfeed --help.`,
    );
    for (const option of command.options) {
      const failure = await errorOf([command.name(), ...(otherArguments[command.name()] ?? []), `${option.long}x`]);
      expect(failure?.exitCode).toBe(2);
      expect(failure?.line).toMatch(`unknown option '${option.long}x' (Did you mean `);
    }
  }
});

test('more arguments than a command takes are refused', async () => {
  for (const argv of [
    ['serve', 'x'],
    ['kinds', 'x'],
    ['demo', 'x'],
    ['feeds', 'ws://x', 'y'],
    ['verify', 'a', 'b'],
  ]) {
    const failure = await errorOf(argv);
    expect(failure?.exitCode).toBe(2);
    expect(failure?.line).toMatch(/^too many arguments for '\w+'\. Expected . arguments? but got .\. See/);
  }
});
