// Templates are text from strangers: what they may call, how much they may ask for, and what comes of it.
import { expect, test, vi } from 'vitest';
import { modules } from '../../src/generate/kinds/expression.ts';
import { faker } from '../../src/generate/kinds/fakes.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import type { BlockfeedError } from '../../src/protocol/errors.ts';

const specificationOf = (record: unknown) =>
  parseSpecification(`template?record=${JSON.stringify(record).replace(/[%&]/g, encodeURIComponent)}`);
const dataOf = (record: unknown, offset = 0) =>
  JSON.parse(specificationOf(record).generator.data(offset, 1_767_225_600_000_000));

test('an expression alone keeps its type, beside other text it is text', () => {
  const value = dataOf({
    number: '{{number.int({"min":1,"max":9})}}',
    text: 'no. {{number.int({"min":1,"max":9})}}!',
    boolean: '{{datatype.boolean}}',
    date: '{{date.past}}',
    object: '{{finance.currency}}',
    big: '{{number.bigInt}}',
    two: '{{person.firstName}} {{person.lastName}}',
    plain: [1, 'x', null, true, { y: '}} {' }],
  });
  expect(value).toEqual({
    number: expect.any(Number),
    text: expect.stringMatching(/^no\. [1-9]!$/),
    boolean: expect.any(Boolean),
    date: expect.stringMatching(/^2025-.*Z$/),
    object: {
      name: expect.any(String),
      code: expect.any(String),
      symbol: expect.any(String),
      numericCode: expect.any(String),
    },
    big: expect.stringMatching(/^\d+$/),
    two: expect.stringMatching(/^\S+ \S+$/),
    plain: [1, 'x', null, true, { y: '}} {' }],
  });
});

test('a record may be any JSON value', () => {
  for (const record of ['{{person.firstName}}', 1, null, [], {}, '', [[]], { '': 1 }])
    expect(dataOf(record)).toEqual(record === '{{person.firstName}}' ? expect.any(String) : record);
  expect(specificationOf({ ['__proto__']: '{{person.sex}}' }).generator.data(0, 0)).toMatch(
    /^\{"__proto__":"(fe)?male"\}$/,
  );
});

test('what an expression yields is not looked at again: a value cannot bring expressions with it', () => {
  expect(dataOf('{{helpers.arrayElement(["{{person.firstName}}"])}}')).toBe('{{person.firstName}}');
});

test.each([
  ['{{constructor.constructor("return process")}}', 'there is no module constructor'],
  ['{{__proto__.toString}}', 'it is not {{module.method}}'],
  ['{{person.constructor}}', 'no method constructor'],
  ['{{person.toString}}', 'no method toString'],
  ['{{person.faker}}', 'no method faker'],
  ['{{person.hasOwnProperty("x")}}', 'no method hasOwnProperty'],
  ['{{fakerCore.randomizer}}', 'there is no module fakerCore'],
  ['{{definitions.person}}', 'there is no module definitions'],
  ['{{helpers.fake("{{person.firstName}}")}}', 'only some methods'],
  ['{{helpers.multiple(1)}}', 'only some methods'],
  ['{{helpers.fromRegExp("a{1000000}")}}', 'only some methods'],
  ['{{helpers.mustache("x",{})}}', 'only some methods'],
  ['{{lorem.paragraphs(1000000000)}}', '1000000000 is too much'],
  ['{{lorem.words({"min":1,"max":1001})}}', '1001 is too much'],
  ['{{string.alpha(100000)}}', '100000 is too much'],
  ['{{string.alpha({"length":{"min":1,"max":1e9}})}}', '1000000000 is too much'],
  ['{{string.alpha(-1e9)}}', '-1000000000 is too much'],
  ['{{date.betweens({"from":0,"to":1,"count":1001})}}', '1001 is too much'],
  ['{{number.float({"fractionDigits":5000})}}', '5000 is too much'],
  ['{{string.alpha(1e999)}}', 'Infinity is too much'],
  ['{{lorem.paragraphs(1000)}}', 'more than 10000 random numbers'],
  ['{{string.alpha("1000000000")}}', '1000000000 is too much'],
  ['{{string.alpha({"length":{"min":["29000000"],"max":30000000}})}}', '29000000 is too much'],
  ['{{string.alpha({"length":{}})}}', 'faker says'],
  ['{{string.nanoid({"min":1})}}', 'more than 10000 random numbers'],
  ['{{word.words({"count":{"min":1}})}}', 'faker says'],
  ['{{internet.password({"length":"1e9","memorable":true})}}', '1e9 is too much'],
  ['{{system.fileName({"extensionCount":11})}}', '11 is too much'],
  ['{{finance.creditCardNumber("0{500000000}")}}', 'has a brace'],
  ['{{number.romanNumeral({"max":1000000000})}}', 'faker says'],
  ['{{image.urlLoremFlickr}}', 'urlLoremFlickr may not be called'],
  ['{{finance.amount({"autoFormat":true})}}', 'autoFormat may not be used'],
  ['{{number.int({"__proto__":{"max":5}})}}', 'named __proto__'],
  ['{{number.int({"min":5,"max":1})}}', 'faker says'],
  ['{{person.firstNam}}', 'no method firstNam'],
  ["{{person.firstName('female')}}", 'its arguments are not JSON'],
  ['{{person.firstName(female)}}', 'its arguments are not JSON'],
  ['{{person.firstName', 'it is not {{module.method}}'],
  ['{{person.firstName("female")', 'it does not end with )}}'],
  ['{{}}', 'it is not {{module.method}}'],
  ['{{person}}', 'it is not {{module.method}}'],
  ['{{ person.firstName }}', 'it is not {{module.method}}'],
])('%s is refused when the specification is parsed', (expression, why) => {
  expect(() => specificationOf({ list: ['ok', `before ${expression} behind`] })).toThrow(
    expect.objectContaining({
      code: 'bad-feed',
      about: 'record',
      message: expect.stringContaining(why),
      hint: expect.stringMatching(/\.$/),
    }),
  );
  expect(() => specificationOf({ list: [`before ${expression} behind`] })).toThrow(expression.slice(0, 20));
});

test('a record that is no JSON, too deep, or of too many expressions is refused', () => {
  expect(() => parseSpecification('template?record={"a":')).toThrow('record is wrong: it is not JSON');
  expect(() => parseSpecification('template?record=1e999')).toThrow('the number 1e999 is too large');
  const deep = (levels: number) => `template?record=${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(parseSpecification(deep(33)).generator.data(0, 0)).toBe(`${'['.repeat(33)}${']'.repeat(33)}`);
  expect(() => parseSpecification(deep(34))).toThrow('more than 32 deep');
  const many = (count: number) => Array.from({ length: count }, () => '{{word.noun}}');
  expect(dataOf(many(200))).toHaveLength(200);
  expect(() => specificationOf(many(201))).toThrow('more than 200 expressions');
});

test('a value of more than 2,000 bytes is cut there, an object of more is null, and the line keeps its bound', () => {
  const { generator } = specificationOf({
    text: '{{lorem.paragraphs(100)}}',
    list: '{{lorem.words(50)}}{{string.symbol(1000)}}',
  });
  const data = generator.data(3, 1_767_225_600_000_000);
  const { text } = JSON.parse(data);
  expect(Buffer.byteLength(JSON.stringify(text))).toBeGreaterThan(1_990);
  expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(2_000);
  expect(Buffer.byteLength(data)).toBeLessThan(generator.maxLineBytes);
  const cities = Array.from({ length: 300 }, (_, index) => `city ${index}`);
  expect(dataOf(`{{helpers.shuffle(${JSON.stringify(cities)})}}`)).toBeNull();
});

test('an expression that fails for some messages only is null there, and nothing within a text, for everybody', () => {
  // JavaScript's dates end in the year 275760: 273,700 years from 2026 there is one, from 2100 none.
  const expression = '{{date.future({"years":273700})}}';
  const { generator } = specificationOf({ alone: expression, within: `<${expression}>` });
  expect(JSON.parse(generator.data(0, Date.UTC(2026, 0) * 1_000)).within).toMatch(/^<\S+Z>$/);
  expect(JSON.parse(generator.data(0, Date.UTC(2100, 0) * 1_000))).toEqual({ alone: null, within: '<>' });
});

test('every method that may be called has a value from its place alone, and faker says nothing beside', () => {
  const warns = vi.spyOn(console, 'warn');
  const needsArguments = ['date.between', 'date.betweens', 'string.fromCharacters'];
  for (const [module, { only, not }] of modules) {
    const methods = Object.entries(faker[module as 'person']).filter(([, value]) => typeof value === 'function');
    for (const [method] of methods) {
      const name = `${module}.${method}`;
      if (only !== undefined || not?.includes(method) || needsArguments.includes(name)) continue;
      const { generator } = specificationOf(`{{${name}}}`);
      const data = generator.data(5, 1_767_225_600_000_000);
      expect(data, name).not.toBe('null');
      generator.data(6, 1_800_000_000_000_000);
      expect(generator.data(5, 1_767_225_600_000_000), name).toBe(data);
    }
  }
  expect(warns).not.toHaveBeenCalled();
});

const refusalOf = (record: string) => {
  try {
    parseSpecification(`template?record=${encodeURIComponent(record)}`);
  } catch (error) {
    return error as BlockfeedError;
  }
  throw new Error(`accepted: ${record}`);
};

test('a record keeps its numbers as they were written, and its keys in their order', () => {
  const record =
    '{"big":12345678901234567890,"one":1.0,"power":0.1e1,"zero":-0,"small":1e-400,"2":0.10000000000000000001,"1":[1E5]}';
  const { generator, canonical } = parseSpecification(`template?record=${encodeURIComponent(record)}`);
  expect(generator.data(0, 0)).toBe(record);
  expect(parseSpecification(canonical).canonical).toBe(canonical);
  expect(parseSpecification('template?record= { "a" : [ 1.50 , "x  y" ] } ').generator.data(0, 0)).toBe(
    '{"a":[1.50,"x  y"]}',
  );
});

test.each([
  ['{"a":1,"b":{"a":2},"a":3}', 'the key "a" stands twice in one object'],
  ['{"a":1,"\\u0061":2}', 'the key "a" stands twice in one object'],
  ['["\\ud800"]', 'has half of a surrogate pair'],
  ['{"\\udc00":1}', 'has half of a surrogate pair'],
  ['[1,-1e400]', 'the number -1e400 is too large'],
])('the record %s is refused: it would say something else to its readers', (record, why) => {
  expect(refusalOf(record)).toMatchObject({ code: 'bad-feed', about: 'record', message: expect.stringContaining(why) });
});

test.each([
  ['number.bigInt({"max":12345678901234567890})', 'the number 12345678901234567890 would become another one'],
  ['helpers.arrayElement([9007199254740993])', 'the number 9007199254740993 would become another one'],
  ['helpers.arrayElement([0.1234567890123456789])', 'would become another one'],
  ['helpers.arrayElement([1e-400])', 'the number 1e-400 would become another one'],
  ['helpers.arrayElement([1e400])', 'the number 1e400 is too large'],
  ['number.int({"max":1,"max":2})', 'the key "max" stands twice in one object'],
  ['helpers.arrayElement(["\\ud800"])', 'has half of a surrogate pair'],
  ['number.float({"min":-1.7e308,"max":1.7e308})', 'its value is Infinity, which JSON does not have'],
])('faker is not asked for %s: it would get, or give, something else', (expression, why) => {
  expect(refusalOf(JSON.stringify(`{{${expression}}}`))).toMatchObject({
    code: 'bad-feed',
    message: expect.stringContaining(why),
    hint: expect.stringMatching(/\.$/),
  });
});

test('an argument may be written in any way that is the same number, and as a text where it is too long for one', () => {
  for (const same of ['1000', '1e3', '1000.0', '0.1E+4', '10.00e2'])
    expect(dataOf(`{{number.int({"max":${same},"min":-0})}}`)).toBe(dataOf('{{number.int({"max":1000,"min":0})}}'));
  expect(dataOf('{{number.bigInt({"min":"12345678901234567890","max":"12345678901234567890"})}}')).toBe(
    '12345678901234567890',
  );
});

test('two records under way at once are what each is by itself', () => {
  const { generator } = specificationOf([
    '{{person.fullName}}',
    '{{lorem.words(5)}}',
    '{{date.recent}}',
    '{{string.uuid}}',
  ]);
  const times = [1_767_225_600_000_000, 1_800_000_000_000_000] as const;
  const [one, other] = times.map((time, offset) => [...(generator.pieces?.(offset, time) ?? [])].join(''));
  const texts = ['', ''];
  const [left, right] = times.map((time, offset) => generator.pieces?.(offset, time)[Symbol.iterator]());
  for (let ended = 0; ended < 2; ) {
    ended = 0;
    for (const [index, pieces] of [left, right].entries()) {
      const { done, value } = pieces?.next() ?? { done: true, value: '' };
      if (done === true) ended++;
      else texts[index] += value;
    }
  }
  expect(texts).toEqual([one, other]);
  expect(texts).toEqual(times.map((time, offset) => generator.data(offset, time)));
});
