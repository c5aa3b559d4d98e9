/** The one layer that shows tooltips: it reads the document's events and `data-tip`, so that elements need no code of their own. */
import { Suspense, useEffect, useState } from 'react';
import { lazyPart } from './lazy-part.tsx';
import { TOOLTIP_ID } from './tooltip.ts';

const TooltipBox = lazyPart(() => import('./tooltip-box.tsx'));

const isCut = (element: Element): boolean =>
  element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;

/** Texts that are cut become tab stops when somebody moves by Tab, since nobody else needs them to be. */
function stopAtCuts(): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-tip-cut]')) {
    const wanted = isCut(element) && element.closest('a, button') === null;
    if (wanted) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  }
}

const OPEN_MS = 400;
const CLOSE_MS = 150;
const LONG_PRESS_MS = 500;

interface Shown {
  element: HTMLElement;
  text: string;
}

/** The one layer. Mounted by the frame, and by pages without it. */
export function TooltipLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const [hold] = useState(() => new Holder(setShown));
  useEffect(() => hold.listen(), [hold]);
  useEffect(() => {
    if (!shown) return;
    const { element, text } = shown;
    // A screen reader has the name already where the tooltip only repeats it.
    const described = element.getAttribute('aria-label') === text ? null : element;
    const before = described?.getAttribute('aria-describedby') ?? null;
    described?.setAttribute('aria-describedby', [before, TOOLTIP_ID].filter(Boolean).join(' '));
    // The page is live: what it stood at may go, or say something else.
    const look = setInterval(() => {
      const now = element.isConnected ? element.dataset.tip : undefined;
      if (now !== text) setShown(now === undefined ? null : { element, text: now });
    }, 250);
    return () => {
      clearInterval(look);
      if (before === null) described?.removeAttribute('aria-describedby');
      else described?.setAttribute('aria-describedby', before);
    };
  }, [shown]);
  if (!shown) return null;
  return (
    <Suspense>
      <TooltipBox anchor={shown.element} onPointer={(over) => (over ? hold.keep() : hold.hide())}>
        {shown.text}
      </TooltipBox>
    </Suspense>
  );
}

function tipAt(target: EventTarget | null): HTMLElement | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null;
  return element !== null && element.dataset.tipCut === '' && !isCut(element) ? null : element;
}

/** Reads the document's events and says when which tooltip is there. */
class Holder {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #element: HTMLElement | null = null;
  #touched = false;
  readonly #show: (shown: Shown | null) => void;

  constructor(show: (shown: Shown | null) => void) {
    this.#show = show;
  }

  keep(): void {
    clearTimeout(this.#timer);
  }

  hide(after = CLOSE_MS): void {
    this.#after(after, () => this.#set(null));
  }

  #set(element: HTMLElement | null): void {
    this.#element = element;
    const text = element?.dataset.tip;
    this.#show(element && text ? { element, text } : null);
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (ms === 0) act();
    else this.#timer = setTimeout(act, ms);
  }

  listen(): () => void {
    const over = (event: PointerEvent) => {
      if (event.pointerType === 'touch') return;
      const element = tipAt(event.target);
      if (element === null) return;
      TooltipBox.load();
      if (element === this.#element) this.keep();
      // From one to the next there is nothing to wait for.
      else this.#after(this.#element ? 0 : OPEN_MS, () => this.#set(element));
    };
    const out = (event: PointerEvent) => {
      if (event.pointerType === 'touch' || tipAt(event.target) === null) return;
      if (tipAt(event.relatedTarget) !== tipAt(event.target)) this.hide();
    };
    const focus = (event: FocusEvent) => {
      const target = event.target;
      if (!(target instanceof HTMLElement) || !target.matches(':focus-visible')) return;
      const inside = target.matches('a, button, tr') ? target.querySelector('[data-tip]') : null;
      const element = tipAt(target) ?? tipAt(inside);
      if (element) this.#set(element);
    };
    const blur = () => this.#element && this.hide(0);
    const down = (event: PointerEvent) => {
      this.#touched = event.pointerType === 'touch';
      const element = tipAt(event.target);
      if (!this.#touched) {
        // Who presses has read it.
        clearTimeout(this.#timer);
        if (this.#element) this.#set(null);
      } else if (element !== this.#element) {
        if (this.#element) this.#set(null);
        if (element) this.#after(LONG_PRESS_MS, () => this.#set(element));
      }
    };
    const up = () => this.#touched && this.keep();
    const click = (event: MouseEvent) => {
      const element = tipAt(event.target);
      if (!this.#touched || element === null || element === this.#element) return;
      // A tap on what acts, acts; its tooltip comes by a long press.
      if (!(event.target as Element).closest('a, button, input, select, label, summary')) this.#set(element);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Tab') stopAtCuts();
      if (event.key === 'Escape' && this.#element) this.hide(0);
    };
    const events: [string, (event: never) => void][] = [
      ['pointerover', over],
      ['pointerout', out],
      ['focusin', focus],
      ['focusout', blur],
      ['pointerdown', down],
      ['pointerup', up],
      ['click', click],
      ['keydown', key],
    ];
    for (const [name, act] of events) document.addEventListener(name, act as EventListener, true);
    // The layer comes after the page: what is pointed at or focused by then gets its tooltip too.
    const hovered = tipAt([...document.querySelectorAll('[data-tip]:hover')].at(-1) ?? null);
    if (hovered) this.#after(OPEN_MS, () => this.#set(hovered));
    else if (document.activeElement?.matches(':focus-visible')) this.#set(tipAt(document.activeElement));
    return () => {
      clearTimeout(this.#timer);
      for (const [name, act] of events) document.removeEventListener(name, act as EventListener, true);
    };
  }
}
