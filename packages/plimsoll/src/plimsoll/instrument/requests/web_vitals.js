// How a page felt, told once when it is left. LCP, FCP and TTFB are from its start, INP and CLS the worst of its life.
(() => {
  const script = document.currentScript, vitals = {};
  const start = performance.getEntriesByType('navigation')[0] || {};
  const put = (name, ms) => { vitals[name] = Math.max(0, ms) / 1000; };
  const since = (ms) => ms - (start.activationStart || 0);
  const watch = (type, each) => {
    const known = PerformanceObserver.supportedEntryTypes.includes(type); // some browsers measure less
    if (known) {
      new PerformanceObserver((list) => list.getEntries().forEach(each))
        .observe({ type, buffered: true, durationThreshold: 40 });
    }
    return known;
  };
  if (start.responseStart) put('TTFB', since(start.responseStart));
  watch('paint', (e) => e.name.startsWith('first-c') && put('FCP', since(e.startTime)));
  watch('largest-contentful-paint', (e) => put('LCP', since(e.startTime)));
  // INP: the longest event of each interaction; of these the longest, leaving out one for every fifty.
  const lasted = new Map();
  const interaction = (e) => {
    if (!e.interactionId) return;
    lasted.set(e.interactionId, Math.max(e.duration, lasted.get(e.interactionId) || 0));
    put('INP', [...lasted.values()].sort((a, b) => b - a)[Math.floor(lasted.size / 50)]);
  };
  watch('event', interaction);
  watch('first-input', interaction);
  // CLS: the largest sum of shifts that follow each other within a second, and within five in all.
  let sum = 0, first = -1e9, last = -1e9;
  const shift = (e) => {
    if (e.hadRecentInput) return;
    const at = e.startTime;
    if (at - last >= 1000 || at - first >= 5000) [sum, first] = [0, at];
    last = at;
    vitals.CLS = Math.max(vitals.CLS, sum += e.value);
  };
  if (watch('layout-shift', shift)) vitals.CLS = 0;
  const tell = () => {
    if (document.visibilityState !== 'hidden') return;
    document.removeEventListener('visibilitychange', tell);
    navigator.sendBeacon(script.src, JSON.stringify({ page: script.dataset.page || location.pathname, vitals }));
  };
  document.addEventListener('visibilitychange', tell);
})();
