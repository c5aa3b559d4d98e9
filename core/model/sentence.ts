import { z } from 'zod';

/** What a name in a sentence points at, so that the page can make it a link. */
export const Subject = z.object({
  node: z.string().optional(),
  provider: z.string().optional(),
  receiver: z.string().optional(),
  subscription: z.string().optional(),
  slot: z.string().optional(),
  set: z.string().optional(),
  schema: z.string().optional(),
  table: z.string().optional(),
});
export type Subject = z.infer<typeof Subject>;

/** A piece of the overview's sentence: plain text, or text about a subject. A link reads `n1 → n3` with an arrow that the page draws. */
export const SentencePart = z.object({ text: z.string(), subject: Subject.optional() });
export type SentencePart = z.infer<typeof SentencePart>;
