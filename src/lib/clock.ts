/**
 * One clock for the page: it ticks once for all readers, follows the console's time rather than the browser's, and knows
 * whether times are written in UTC or local. A browser whose clock is off would else call fresh facts old.
 */
import { useSyncExternalStore } from 'react';
import type { Zone } from './time.ts';

/** Below this the difference is the way of the event, not a wrong clock. */
const TOLERATED_MS = 2_000;
let skewMs = 0;

/** Tells the clock what the console's time is at this moment. */
export function noteConsoleTime(iso: string): void {
  const difference = Date.parse(iso) - Date.now();
  skewMs = Math.abs(difference) > TOLERATED_MS ? difference : 0;
}

/** Milliseconds since the epoch, by the console's clock. */
export function consoleNow(): number {
  return Date.now() + skewMs;
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let tick = consoleNow();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    tick = consoleNow();
    for (const each of listeners) each();
  }, 500);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/**
 * Now, in steps of `stepMs` (500 or more), so that a component is drawn again only when its text may have changed.
 */
export function useNow(stepMs = 1000): number {
  return useSyncExternalStore(subscribe, () => {
    if (listeners.size === 0) tick = consoleNow();
    return Math.floor(tick / stepMs) * stepMs;
  });
}

const ZONE_KEY = 'tricorder.zone';
const zoneListeners = new Set<() => void>();
let zone: Zone = readZone();

function readZone(): Zone {
  try {
    return localStorage.getItem(ZONE_KEY) === 'local' ? 'local' : 'utc';
  } catch {
    return 'utc';
  }
}

export function setZone(next: Zone): void {
  zone = next;
  try {
    localStorage.setItem(ZONE_KEY, next);
  } catch {
    // A browser that keeps nothing still switches for this visit.
  }
  for (const each of zoneListeners) each();
}

/** How times are written: UTC unless chosen otherwise. */
export function useZone(): Zone {
  return useSyncExternalStore(
    (listener) => {
      zoneListeners.add(listener);
      return () => zoneListeners.delete(listener);
    },
    () => zone,
  );
}
