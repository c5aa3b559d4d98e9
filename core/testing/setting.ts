/** A setting of a server as a plan observes it, for tests: a text by default, which a reload takes up. */
import type { ObservedSetting } from '#core/model/observed.ts';

export const observedSetting = (change: Partial<ObservedSetting> = {}): ObservedSetting => ({
  value: '',
  altered: null,
  pendingRestart: false,
  source: 'default',
  unit: null,
  context: 'sighup',
  type: 'string',
  allowed: null,
  min: null,
  max: null,
  beneath: '',
  ...change,
});
