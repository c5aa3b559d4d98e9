/** How far a copy is. `failed`: it is not tried again; `unknown`: the engine has a word for it that the console does not know. */
export const copyStates = [
  'waiting',
  'starting',
  'structure',
  'data',
  'constraints',
  'handing-over',
  'catching-up',
  'done',
  'failed',
  'unknown',
] as const;
export type CopyState = (typeof copyStates)[number];
