/** A reason not to start. Its message is one clear line: what, where, what to do; `main` prints it and exits with 1. */
export class StartError extends Error {
  override name = 'StartError';
}
