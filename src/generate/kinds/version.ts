// The version of what generates: the libraries whose output is a feed's content, and our own part. It is hashed into every
// generated feed's epoch, so a change of it is another feed to everybody who resumes. A test holds it against package.json.

/** Raise `kinds` when any kind makes other bytes than before; a golden checksum then fails. */
export const generatorVersion: string = 'kinds 1, @faker-js/faker 10.6.0, pure-rand 8.4.2, d3-random 3.0.2';
