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

  // A frame of our pages, and how to end it. It is believed only itself, from its own origin, and within reason.
  function framed(link, embed, fits, silent) {
    const data = link.dataset, url = new URL(link.href), frame = make('iframe');
    if (/^[\w-]+$/.test(data.type || '')) url.pathname = url.pathname.replace(/^(\/book\/[^/]+)\/?$/, '$1/' + data.type);
    const choices = { ...data, embed, lang: language(link), tz: Intl.DateTimeFormat().resolvedOptions().timeZone };
    for (const name of ['embed', 'lang', 'tz', 'theme', 'accent', 'radius', 'headings', 'ref']) {
      if (choices[name]) url.searchParams.set(name, choices[name]);
    }
    frame.title = data.title || link.textContent.trim();
    frame.src = url;
    let loads = 0, timer = setTimeout(() => silent?.(), 12000);
    const listen = ({ source, origin, data: said }) => {
      if (source !== frame.contentWindow || origin !== url.origin || !said) return;
      const { booking, height, step, reference } = said;
      const tell = detail => link.dispatchEvent(new CustomEvent('booking:' + booking, { bubbles: true, detail }));
      if (booking === 'height' && height >= 100 && height <= 20000) {
        clearTimeout(timer);
        fits(frame, Math.ceil(height) + 'px');
      }
      if (booking === 'step' && [1, 2, 3, 4].includes(step)) tell({ step });
      if (booking === 'booked' && reference?.match?.(/^[\w-]{8,40}$/)) tell({ reference });
    };
    frame.onload = () => {
      frame.contentWindow.postMessage({ booking: 'hello', step: loads, name: data.name, email: data.email }, url.origin);
      if (loads++ && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    };
    addEventListener('message', listen);
    return [frame, () => { removeEventListener('message', listen); clearTimeout(timer); frame.remove(); }];
  }

  const ways = {
    inline(link) {
      const [frame, end] = framed(link, 'inline', (_, height) => { frame.style.height = height; }, () => show(link, ''));
      Object.assign(frame.style, { display: 'block', width: '100%', height: '56rem', border: '0' });
      show(link, 'none');
      link.after(frame);
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
