/** A question before something is done. Whoever asks waits here; the frame draws the one that is open. */
import type { ReactNode } from 'react';

export interface Question {
  title: string;
  /** What it does, and what it leaves. */
  text: ReactNode;
  /** The button that does it: verb and object. */
  act: string;
  /** The button that leaves all as it is. */
  keep?: string;
}

export interface OpenQuestion extends Question {
  id: number;
  /** Does it. Rejects when it was refused: then the question stays open and says why. */
  answer: () => Promise<unknown>;
  onKeep?: () => void;
}

let open: OpenQuestion | null = null;
let counter = 0;
const listeners = new Set<() => void>();

function set(next: OpenQuestion | null): void {
  open = next;
  for (const each of listeners) each();
}

/** Opens a question in the place of any other that is open. */
export function ask(question: Question, answer: () => Promise<unknown>, onKeep?: () => void): void {
  open?.onKeep?.();
  counter += 1;
  set({ ...question, id: counter, answer, onKeep });
}

/** Closes it without doing anything. */
export function keepAsItIs(): void {
  const { onKeep } = open ?? {};
  set(null);
  onKeep?.();
}

/** Closes the question after it was answered. */
export function closeQuestion(id: number): void {
  if (open?.id === id) set(null);
}

export const openQuestion = (): OpenQuestion | null => open;

export function onQuestion(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
