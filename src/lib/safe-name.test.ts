import { expect, it } from 'vitest';
import { safeName } from './safe-name.ts';

it('shows what cannot be seen and leaves all else as it is', () => {
  expect(safeName('two\nlines\tand\u202etricks\u0001')).toBe('two⏎lines⇥and<U+202E>tricks␁');
  expect(safeName('Bestellungen "2025" – ñandú 注文')).toBe('Bestellungen "2025" – ñandú 注文');
  expect(safeName(' a b ')).toBe('␣a b␣');
  expect(safeName('zero\u200bwidth')).toBe('zero<U+200B>width');
});
