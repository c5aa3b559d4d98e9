// Runs before the first paint, so that a chosen theme does not flash. ?theme=dark in the address wins for this visit.
(() => {
  let theme = new URLSearchParams(location.search).get('theme');
  try {
    theme = theme || localStorage.getItem('tricorder.theme');
  } catch {}
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
