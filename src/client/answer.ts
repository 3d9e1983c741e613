// What a peer that is no server of this protocol answers, for people to read: a proxy often says why in its first line.

const mostCharacters = 200;
const decoder = new TextDecoder('utf-8');

/** The first line with text in it, without markup and control characters; '' where there is none. */
export function firstLine(body: Uint8Array): string {
  const text = decoder.decode(body).replace(/<[^>]*>?/g, '\n');
  for (const line of text.split(/[\r\n]+/)) {
    const readable = line.replace(/\p{C}/gu, '').trim();
    if (readable !== '') return [...readable].slice(0, mostCharacters).join('');
  }
  return '';
}
