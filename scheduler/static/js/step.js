// The next page is asked for while this one stays, so that a line that is slow or cut loses nothing that was typed:
// it is asked for again by itself, and then takes the place of this page as if the browser had loaded it. A press
// counts once. Where script may not ask (a sandboxed frame), the browser does it as ever.
(() => {
  'use strict';
  const wait = document.querySelector('[data-wait]'), root = document.documentElement;
  if (!wait || window.origin === 'null') return;
  const [looking, blocks, note] = wait.nextElementSibling.content.children;
  // A corrected address dies with its page: that form is not sent twice.
  const OURS = /^\/(book|appointments|waiting)\/(?!.*(\/done\/|\.ics$))/;
  const TIMES = /^\/book\/[^/]+\/(?!privacy$)[^/]+(\/held\/[^/]+\/other)?$|\/move$/;
  const page = ({ pathname, search }) => pathname + search;
  const here = page(location);
  let job = null;

  const stop = () => {
    if (!job) return;
    job.timers.forEach(clearTimeout);
    job.line?.abort();
    job.button?.removeAttribute('aria-busy');
    job = null;
    delete root.dataset.waiting;
    wait.replaceChildren();
  };

  // Blocks in the sizes of what comes: the times of a day, or the days of a month.
  const look = () => {
    const { pathname, searchParams } = job.url;
    if (job.body || !TIMES.test(pathname)) return;
    const ofDay = searchParams.has('day');
    blocks.className = ofDay ? 'slots' : 'days';
    blocks.innerHTML = '<i class="sk"></i>'.repeat(ofDay ? 12 : 35);
    wait.replaceChildren(looking, blocks);
    root.dataset.waiting = '';
    looking.scrollIntoView({ block: 'nearest' });
  };

  const tell = () => {
    for (const words of note.querySelectorAll('[data-on]')) words.hidden = words.dataset.on !== `${navigator.onLine}`;
    wait.replaceChildren(note);
    note.scrollIntoView({ block: 'nearest' });
    if ([document.body, job.button].includes(document.activeElement)) note.querySelector('button').focus();
  };

  // One line at a time: what the earlier one still brings is not heard.
  const ask = async () => {
    const mine = job, line = new AbortController(), { url, body } = job;
    mine.line?.abort();
    mine.line = line;
    const again = pause => mine.timers.push(setTimeout(() => mine.line === line && ask(), pause));
    again(30000);
    try {
      const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, signal: line.signal });
      const text = await answer.text();
      // A gateway before us that reaches nobody says so in pages of its own.
      if (answer.status > 501 && !text.includes('data-wait')) throw answer;
      if (job === mine && mine.line === line) arrive(answer, text);
    } catch {
      if (job !== mine || mine.line !== line) return;
      again(mine.pause = Math.min(8000, mine.pause * 2));
      if (!navigator.onLine) tell();
    }
  };

  const arrive = (answer, text) => {
    const { url, body, button } = job;
    const to = answer.redirected ? answer.url : body ? location.href : url.href;
    stop();
    // Without a form: what was typed is kept.
    if (!body) window.dispatchEvent(new Event('pagehide'));
    if (to !== location.href) history[button ? 'pushState' : 'replaceState'](null, '', to);
    if (button) scrollTo(0, 0);
    document.open();
    document.write(text);
    document.close();
  };

  const go = (event, address, button, body) => {
    const url = new URL(address, location.href);
    if (event.defaultPrevented || url.origin !== location.origin || !OURS.test(url.pathname)) return;
    event.preventDefault();
    if (job && button && !note.isConnected) return;
    stop();
    job = { url, body, button, pause: 500, timers: [] };
    button?.setAttribute('aria-busy', 'true');
    job.timers.push(setTimeout(look, 300), setTimeout(tell, 8000));
    ask();
  };

  document.addEventListener('click', event => {
    const link = event.target.closest('a[href]');
    if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (!link.hash || page(link) !== page(location)) go(event, link.href, link);
  });
  document.addEventListener('submit', event => {
    const { target, submitter } = event, sent = new URLSearchParams(new FormData(target));
    // By attribute: the buttons named "action" hide the property.
    const address = target.getAttribute('action') || location.href, button = submitter || target;
    if (submitter?.name) sent.append(submitter.name, submitter.value);
    if (target.getAttribute('method') === 'post') go(event, address, button, sent);
    else go(event, address.split('?')[0] + '?' + sent, button);
  });
  window.addEventListener('popstate', event => {
    if (page(location) === here) stop();
    else go(event, location.href);
  });
  window.addEventListener('pageshow', stop);
  window.addEventListener('online', () => job && ask());
  window.addEventListener('offline', () => job && tell());
  note.querySelector('button').onclick = () => job && ask();
})();
