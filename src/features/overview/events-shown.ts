/** How many of the last events the overview shows, and marks on its chart. */
export const EVENTS = 8;
