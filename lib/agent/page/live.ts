/**
 * What keeps the page up to date: fetches itself while somebody looks, and changes what has changed, so that scroll positions, focus
 * and selections stay. A page that nobody sees asks nothing. `body[data-next]` says after how many seconds to ask again.
 */
export const LIVE = `
(() => {
  const [MAX_MS, TIMEOUT_MS] = [60000, 15000];
  let [timer, asking, failures] = [0, false, 0];
  const sync = (old, now) => {
    if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName) return old.replaceWith(document.importNode(now, true));
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    if (old.id === 'lost') return;
    for (const { name } of [...old.attributes]) if (name !== 'open' && !now.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of now.attributes) if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
    const [olds, nows] = [[...old.childNodes], [...now.childNodes]];
    nows.forEach((child, index) => (index < olds.length ? sync(olds[index], child) : old.append(document.importNode(child, true))));
    for (const child of olds.slice(nows.length)) child.remove();
  };
  const show = (text) => {
    const now = new DOMParser().parseFromString(text, 'text/html');
    if (!now.getElementById('state')) throw new Error('another page');
    document.title = now.title;
    const [icon, newIcon] = [document, now].map((one) => one.querySelector('link[rel=icon]'));
    if (icon.href !== newIcon.href) icon.href = newIcon.href;
    sync(document.body, now.body);
  };
  const lost = (text) => {
    const place = document.getElementById('lost');
    place.hidden = text === '';
    if (place.textContent !== text) place.textContent = text;
  };
  const plan = () => {
    clearTimeout(timer);
    if (document.visibilityState !== 'visible') return;
    const ms = (Number(document.body.dataset.next) || 10) * 1000;
    timer = setTimeout(ask, failures === 0 ? ms : Math.min(MAX_MS, ms * 2 ** failures));
  };
  const ask = async () => {
    if (asking || document.visibilityState !== 'visible') return;
    asking = true;
    try {
      const response = await fetch('/', { cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(String(response.status));
      show(await response.text());
      failures = 0;
      lost('');
    } catch {
      failures += 1;
      if (failures === 1) lost('! ' + document.body.dataset.lost + ' (' + new Date().toISOString().slice(11, 19) + ' UTC)');
    }
    asking = false;
    plan();
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void ask();
    else clearTimeout(timer);
  });
  plan();
})();
`;
