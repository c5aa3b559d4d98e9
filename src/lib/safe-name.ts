/**
 * A name as it may be shown: PostgreSQL allows any character in a name, so newlines, tabs and characters that turn the
 * direction of text or show nothing are replaced by signs that can be seen, as are spaces at both ends. The name itself is never changed.
 */
export function safeName(name: string): string {
  const bounded = name.replace(/^ +| +$/g, (spaces) => '␣'.repeat(spaces.length));
  return bounded.replace(UNSEEN, (character) => {
    const sign = SIGNS[character];
    if (sign !== undefined) return sign;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20
      ? String.fromCodePoint(0x2400 + code)
      : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

const SIGNS: Partial<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': '⇥', '\u00a0': '⍽' };

// Control characters, no-break space, zero-width characters, direction marks and overrides, line separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSEEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
