// Turns <a href="…/book/…" data-booking="inline|popup"> into a frame or a dialog; else the link stays a link.
(() => {
  'use strict';
  const doc = document, root = doc.documentElement;
  if (root.bookingLoader || !doc.adoptedStyleSheets) return;
  root.bookingLoader = true;
  const DARK = '--s:#17211f;--i:#ece7dc;--l:#31403c;--a:#8fcfc2';
  const STYLE = `:host{all:initial}dialog{--s:#fffdf8;--i:#1c2b2a;--l:#e0d9cb;--a:#1d5a55;width:100%;height:100%;max-width:none;max-height:none;padding:0;border:0;flex-direction:column;background:var(--s);color:var(--i);font:500 17px/1.3 "Iowan Old Style",Palatino,"Noto Serif",Georgia,serif}dialog[open]{display:flex}dialog::backdrop{background:rgb(28 43 42/.55)}div{display:flex;align-items:center;justify-content:space-between;gap:1rem;padding:.375rem .5rem .375rem 1rem;border-bottom:1px solid var(--l)}button{min-height:2.75rem;padding:0 .75rem;border:0;border-radius:.5rem;background:none;color:var(--a);font:600 17px/1 system-ui,sans-serif;cursor:pointer}button:hover{background:var(--l)}button:focus-visible{outline:3px solid var(--i)}b{margin-inline-start:.5rem;font:400 1.75rem/0 system-ui;vertical-align:-.1em}iframe{flex:0 1 44rem;width:100%;min-height:0;border:0}.dark{${DARK}}@media(prefers-color-scheme:dark){.auto{${DARK}}}@media(width<48rem){iframe{flex:1!important}}@media(width>=48rem){dialog{width:min(54rem,100% - 4rem);height:fit-content;max-height:calc(100dvh - 4rem);border-radius:1.25rem;box-shadow:0 1.5rem 4rem rgb(0 0 0/.28)}div{padding:.5rem 1.25rem .5rem 2rem}}@media(prefers-reduced-motion:no-preference){dialog{animation:r .22s}@keyframes r{from{opacity:0;translate:0 8px}}}`;
  const known = new Map();
  const make = (tag, ...parts) => {
    const element = doc.createElement(tag);
    element.append(...parts);
    return element;
  };
  const language = link => link.dataset.lang || link.closest('[lang]')?.lang || navigator.language;

  // A frame that says how tall it is: believed from that frame and its own origin only, and within reason.
  function framed(link, fits, silent) {
    const data = link.dataset, url = new URL(link.href), frame = make('iframe');
    if (/^[\w-]+$/.test(data.type || '')) url.pathname = url.pathname.replace(/^(\/book\/[^/]+)\/?$/, '$1/' + data.type);
    const choices = { ...data, embed: data.booking, lang: language(link), tz: Intl.DateTimeFormat().resolvedOptions().timeZone };
    for (const name of ['embed', 'lang', 'tz', 'theme', 'accent', 'radius', 'headings', 'ref']) {
      if (choices[name]) url.searchParams.set(name, choices[name]);
    }
    frame.title = data.title || link.textContent.trim();
    frame.src = url;
    let step = 0, timer = setTimeout(() => silent?.(), 12000);
    const listen = ({ source, origin, data: said }) => {
      if (source !== frame.contentWindow || origin !== url.origin || said?.booking !== 'height') return;
      if (!(said.height >= 100 && said.height <= 20000)) return;
      clearTimeout(timer);
      fits(frame, Math.ceil(said.height) + 'px');
    };
    frame.onload = () => {
      frame.contentWindow.postMessage({ booking: 'hello', step, name: data.name, email: data.email }, url.origin);
      if (step++ && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    };
    addEventListener('message', listen);
    return [frame, () => { removeEventListener('message', listen); clearTimeout(timer); frame.remove(); }];
  }

  const ways = {
    inline(link) {
      const [frame, end] = framed(link, (_, height) => { frame.style.height = height; }, () => { link.hidden = false; });
      Object.assign(frame.style, { display: 'block', width: '100%', height: '44rem', border: '0' });
      link.hidden = true;
      link.after(frame);
      return end;
    },
    popup(link) {
      const open = event => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        show(link);
      };
      link.addEventListener('click', open);
      return () => link.removeEventListener('click', open);
    },
  };

  function show(link) {
    const [frame, end] = framed(link, (_, height) => { frame.style.flexBasis = height; });
    const cross = make('b', '×'), host = make('div'), sheet = new CSSStyleSheet(), overflow = root.style.overflow;
    cross.ariaHidden = true;
    const close = make('button', { fr: 'Fermer', de: 'Schließen' }[language(link).slice(0, 2)] || 'Close', cross);
    const dialog = make('dialog', make('div', make('span', frame.title), close), frame);
    dialog.ariaLabel = frame.title;
    dialog.className = link.dataset.theme || 'auto';
    sheet.replaceSync(STYLE);
    const shadow = host.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(dialog);
    doc.body.append(host);
    root.style.overflow = 'hidden';
    close.onclick = () => dialog.close();
    dialog.onclose = () => {
      root.style.overflow = overflow;
      end();
      host.remove();
      link.focus();
    };
    dialog.showModal();
  }

  const look = () => {
    for (const [link, end] of known) if (!link.isConnected && known.delete(link)) end();
    for (const link of doc.querySelectorAll('a[href][data-booking]')) {
      const way = known.has(link) || ways[link.dataset.booking];
      if (way?.call) known.set(link, way(link));
    }
  };
  look();
  addEventListener('DOMContentLoaded', look);
  new MutationObserver(look).observe(root, { childList: true, subtree: true });
})();
