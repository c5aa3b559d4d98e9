/**
 * Parts of the page that are loaded when they are needed. Their files are not to be had where the console was stopped, or updated
 * under an open page: then the page is loaded anew, once, if the console answers; else the fault says so, and is over when the file
 * is there.
 */

/** A part's file could not be loaded. */
export class PartFault extends Error {
  override name = 'PartFault';
  /** Of the file; null: this browser does not say. */
  readonly url: string | null;
  constructor(cause: Error) {
    super(
      'The files of this page could not be loaded: the console was stopped, or updated since the page was opened.',
      {
        cause,
      },
    );
    this.url = /https?:\S+/.exec(cause.message)?.[0] ?? null;
  }
}

/** As Chromium, Firefox, Safari and Vite's own loader of styles say it; a module that fails when it runs says something else. */
const NOT_LOADED = /dynamically imported module|module script failed|unable to preload/i;
const STORED = 'tricorder-loaded-anew';
/** Of one file in one tab. */
const TRIES = 3;

type Load<T> = () => Promise<T>;
const all: Load<unknown>[] = [];

/**
 * `load` imports it. Throws PartFault; what the module itself throws is thrown on. `wanted`: the address that is being gone to,
 * which the browser may not show yet.
 */
export function part<T>(load: Load<T>, wanted: () => string = () => location.href): Load<T> {
  all.push(load);
  return async () => {
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof Error) || !NOT_LOADED.test(error.message)) throw error;
      const fault = new PartFault(error);
      if (timesLoaded(fault) === 0 && (await answers(fault.url ?? location.href))) {
        loadAnew(fault, wanted());
        // The page goes.
        return new Promise<never>(() => {});
      }
      throw fault;
    }
  };
}

/** Whether the file is there by now, or, where it is not known which one, the console. */
export async function isThere(fault: PartFault): Promise<boolean> {
  if (timesLoaded(fault) >= TRIES) return false;
  const response = await head(fault.url ?? location.href);
  return response?.ok === true;
}

export function loadAnew(fault: PartFault, href = location.href): void {
  const times = { ...stored(), [keyOf(fault)]: timesLoaded(fault) + 1 };
  sessionStorage.setItem(STORED, JSON.stringify(times));
  if (new URL(href, location.href).href === location.href) location.reload();
  else location.assign(href);
}

/**
 * Loads all parts one after the other while the browser has nothing else to do, so that a page opens although the console is gone
 * by then. What fails now is asked for again when it is needed.
 */
export function preloadParts(): void {
  // Somebody pays for each kB.
  const network = (navigator as { connection?: { saveData?: boolean } }).connection;
  if (network?.saveData === true) return;
  const idle = (work: () => void) =>
    typeof requestIdleCallback === 'function'
      ? requestIdleCallback(work, { timeout: 5000 })
      : setTimeout(work, 200);
  let at = 0;
  const next = () => {
    // A page that was loaded brings parts of its own.
    const load = all[at++];
    if (load === undefined) return;
    void load()
      .catch(() => {})
      .then(() => idle(next));
  };
  idle(next);
}

const keyOf = ({ url }: PartFault): string => url ?? location.pathname;

function stored(): Record<string, number> {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? '{}');
  } catch {
    return {};
  }
}

const timesLoaded = (fault: PartFault): number => stored()[keyOf(fault)] ?? 0;

const head = (url: string): Promise<Response | null> =>
  fetch(url, { method: 'HEAD', cache: 'no-store' }).catch(() => null);

const answers = async (url: string): Promise<boolean> => (await head(url)) !== null;
