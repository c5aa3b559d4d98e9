import { useEffect, useState } from 'react';

/** False while the page is drawn for the first time: what is asked for by it then comes after the page's data, not with it. */
export function useShown(): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(true), []);
  return shown;
}
