// Turns <a href="…/book/…" data-booking="inline|popup|float"> into a frame, or with embed-window.js into a window
// over the page; else the link stays a link. Out of the frame come heights and, where the practice switched them
// on, the events booking:step and booking:booked on the link: nothing about a person.
(() => {
  'use strict';
  const doc = document, root = doc.documentElement, me = doc.currentScript;
  if (root.bookingLoader) return;
  const known = new Map();
  const make = (tag, ...parts) => {
    const element = doc.createElement(tag);
    element.append(...parts);
    return element;
  };
  const language = link => link.dataset.lang || link.closest('[lang]')?.lang || navigator.language;
  const show = (link, display) => link.style.setProperty('display', display, 'important');

  const WORDS = {
    en: ['Looking for free times…', 'The connection is slow. Still trying.'],
    fr: ['Recherche des heures libres…', 'La connexion est lente. Nous essayons encore.'],
    de: ['Freie Zeiten werden gesucht…', 'Die Verbindung ist langsam. Wir versuchen es weiter.'],
    es: ['Buscando horas libres…', 'La conexión es lenta. Seguimos intentándolo.'],
    ru: ['Ищем свободное время…', 'Связь медленная. Пробуем ещё раз.'],
  };

  // A frame of our pages, how to end it, and what can be seen through it until its page is there: after 300 ms blocks
  // like those to come, after 8 s the plain link. It is believed only itself, from its own origin, and within reason.
  function framed(link, embed, fits) {
    const data = link.dataset, url = new URL(link.href), frame = make('iframe');
    if (/^[\w-]+$/.test(data.type || '')) url.pathname = url.pathname.replace(/^(\/book\/[^/]+)\/?$/, '$1/' + data.type);
    const choices = { ...data, embed, lang: language(link), tz: Intl.DateTimeFormat().resolvedOptions().timeZone };
    for (const name of ['embed', 'lang', 'tz', 'theme', 'accent', 'radius', 'headings', 'ref']) {
      if (choices[name]) url.searchParams.set(name, choices[name]);
    }
    frame.title = data.title || link.textContent.trim();
    frame.src = url;

    const said = make('span'), room = make('section', said), [looking, slow] = WORDS[choices.lang.slice(0, 2)] || WORDS.en;
    room.style.cssText = 'all:unset;display:grid;height:0;padding:0 1rem;gap:.5rem;grid-template-columns:1fr 1fr 1fr';
    said.role = 'status';
    said.style.cssText = 'grid-column:1/4;padding-top:1rem';
    let isThere, hasLoaded, pause = 8000, timer = setTimeout(() => {
      said.textContent = looking;
      for (let left = 9; left--;) {
        room.append(make('i'));
        room.lastChild.style.cssText = 'height:3rem;border-radius:.5rem;background:rgb(128 128 128/.13)';
      }
      timer = setTimeout(wait, pause - 300);
    }, 300);
    const again = () => {
      if (!isThere && hasLoaded) frame.contentWindow.location.replace(url);
      hasLoaded = false;
    };
    // What has loaded and says nothing is an error page, or one without script: it stays to be seen, the link beside it.
    const wait = () => {
      if (hasLoaded) show(link, '');
      else if (pause === 8000) {
        const plain = link.cloneNode(true);
        delete plain.dataset.booking;
        show(plain, '');
        said.replaceChildren(slow + ' ', plain);
        room.style.cssText += 'position:relative;z-index:1';
      }
      again();
      timer = setTimeout(wait, pause *= 2);
    };
    const settle = () => { clearTimeout(timer); room.remove(); removeEventListener('online', again); };

    const listen = ({ source, origin, data: said }) => {
      if (source !== frame.contentWindow || origin !== url.origin || !said) return;
      const { booking, height, step, reference } = said;
      const tell = detail => link.dispatchEvent(new CustomEvent('booking:' + booking, { bubbles: true, detail }));
      if (booking === 'height' && height >= 100 && height <= 20000) {
        isThere = 1;
        settle();
        fits(frame, Math.ceil(height) + 'px');
      }
      if (booking === 'step' && [1, 2, 3, 4].includes(step)) tell({ step });
      if (booking === 'booked' && reference?.match?.(/^[\w-]{8,40}$/)) tell({ reference });
    };
    frame.onload = () => {
      hasLoaded = true;
      frame.contentWindow.postMessage({ booking: 'hello', step: isThere, name: data.name, email: data.email }, url.origin);
      if (isThere && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    };
    addEventListener('message', listen);
    addEventListener('online', again);
    return [frame, () => { removeEventListener('message', listen); settle(); frame.remove(); }, room];
  }

  const ways = {
    inline(link) {
      const [frame, end, room] = framed(link, 'inline', (_, height) => { frame.style.height = height; });
      frame.style.cssText = 'display:block;position:relative;width:100%;height:56rem;border:0';
      show(link, 'none');
      link.after(room, frame);
      return end;
    },
  };

  // Windows come in a file of their own, only where they are asked for, from where this file came from.
  let windows;
  const fetchWindows = () => {
    if (windows || !me || !doc.adoptedStyleSheets) return;
    windows = make('script');
    windows.src = new URL('embed-window.js', me.src);
    windows.nonce = me.nonce;
    doc.head.append(windows);
  };

  const look = () => {
    for (const [link, end] of known) if (!link.isConnected && known.delete(link)) end();
    for (const link of doc.querySelectorAll('a[href][data-booking]')) {
      const wanted = link.dataset.booking;
      if (known.has(link)) continue;
      if (Object.hasOwn(ways, wanted)) known.set(link, ways[wanted](link));
      else if (/^(popup|float)$/.test(wanted)) fetchWindows();
    }
  };
  root.bookingLoader = { ways, framed, language, show, make, look };
  look();
  addEventListener('DOMContentLoaded', look);
  new MutationObserver(look).observe(root, { childList: true, subtree: true });
})();
