// Valid control messages, made from the tables that the parser reads: whatever field is added to a message, or kind of
// field to the language of the tables, is in the tests from then on.
import fc from 'fast-check';
import { unreachable } from '../../src/base/assert.ts';
import type { Field, Fields } from '../../src/protocol/fields.ts';
import { committedElses, namedPlaces } from '../../src/protocol/place.ts';

export type Table = Readonly<Record<string, Fields>>;

/** Any message of the table, with and without its optional fields. */
export function anyMessage(table: Table): fc.Arbitrary<Record<string, unknown>> {
  return fc.oneof(...Object.entries(table).map(([type, fields]) => anyMessageOf(type, fields)));
}

/** Any message of one type. */
export function anyMessageOf(type: string, fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const values = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, anyValue(field)]));
  const requiredKeys = Object.keys(fields).filter((name) => fields[name]?.optional === false);
  return fc.record(values, { requiredKeys, noNullPrototype: true }).map((record) => ({ type, ...record }));
}

/** Any value that the field may hold. */
function anyValue(field: Field): fc.Arbitrary<unknown> {
  switch (field.is) {
    case 'text':
      return (
        field.pattern === undefined
          ? fc.string({ unit: 'binary', minLength: 1, maxLength: Math.min(field.maxLength, 200) })
          : fc.stringMatching(field.pattern)
      ).filter((text) => text.length <= field.maxLength);
    case 'integer': {
      const step = field.multipleOf ?? 1;
      return fc
        .oneof(
          fc.maxSafeInteger().map((value) => field.min + (Math.abs(value) % (field.max - field.min + 1))),
          fc.constantFrom(field.min, field.max),
        )
        .map((value) => value - (value % step));
    }
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...field.of);
    case 'place':
      return fc.oneof(
        fc.constantFrom(...namedPlaces),
        fc.maxSafeInteger(),
        fc.maxSafeInteger().map((time) => ({ time })),
        fc.constantFrom(...committedElses).map((otherwise) => ({ committed: { else: otherwise } })),
      );
    case 'pairs':
      return fc.array(fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()), { maxLength: Math.min(field.maxLength, 20) });
    case 'integers-by-name':
      return fc.dictionary(fc.string(), fc.maxSafeNat(), {
        maxKeys: Math.min(field.maxLength, 20),
        noNullPrototype: true,
      });
    case 'names':
      return fc.array(fc.stringMatching(field.pattern), { maxLength: Math.min(field.maxLength, 5) });
    default:
      return unreachable(field);
  }
}
