/**
 * Tooltips: a fact that has no room where it stands, as the exact time, or a name that is cut. Any element gets one by `tip(text)`;
 * one layer (`tooltip-layer.tsx`), mounted once, shows it on hover, on focus, and by a tap or a long press. It costs an element nothing but an attribute.
 */ import { shownText } from '#core/model/shown-text.ts';

interface TipProps {
  'data-tip'?: string;
  'data-tip-cut'?: '';
  tabIndex?: 0;
}

/** Attributes of an element that takes no focus by itself: it gets a tab stop, since its text is to be had without a mouse. */
export function tip(text: string | null | undefined): TipProps {
  return text ? { 'data-tip': shownText(text), tabIndex: 0 } : {};
}

/** The same of an element that can be focused, or stands inside of one: no second tab stop. */
export function tipInside(text: string | null | undefined): TipProps {
  return text ? { 'data-tip': shownText(text) } : {};
}

/** The whole of a text that may be cut: shown, and a tab stop, only where it is. */
export function tipCut(text: string | null | undefined): TipProps {
  return text ? { 'data-tip': shownText(text), 'data-tip-cut': '' } : {};
}

/** Of the tooltip that is shown. */
export const TOOLTIP_ID = 'tooltip';
