/** Calls when `ms` have gone by, the page has its headline and nothing of it is being read any more: what a page waits for comes first. The answer ends it. */
export function afterData(call: () => void, ms: number): () => void {
  let timer = setTimeout(look, ms);
  function look(): void {
    const main = document.querySelector('main');
    if (main?.querySelector('h1') && main.querySelector('[aria-busy="true"]') === null) call();
    else timer = setTimeout(look, ms);
  }
  return () => clearTimeout(timer);
}
