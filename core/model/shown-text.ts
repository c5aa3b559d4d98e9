/**
 * Text that a server chose, as it may be shown on a page, in an answer of the API or in a log: characters that control a
 * terminal, turn the direction of text or show nothing stand there as escapes (`\u202E`). Newlines and tabs stay.
 */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff
      ? `\\u{${code.toString(16).toUpperCase()}}`
      : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** The same, of at most `most` characters; what is cut off is said by an ellipsis. */
export function shownStart(text: string, most: number): string {
  return shownText(text.length > most ? `${text.slice(0, most)}…` : text);
}

/** As much of a message of a server as anything looks at. */
export const MESSAGE_BYTES = 2000;

/**
 * Control characters but newline and tab; what Unicode names as formats (direction marks, overrides and isolates among them)
 * and as ignorable where it is not supported, but for the selectors that make an emoji; line separators; halves of pairs.
 */
const UNSEEN =
  /[^\P{Cc}\n\t]|\p{Cf}|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}|\p{Zl}|\p{Zp}|\p{Cs}/gu;
