// Windows for embed.js: data-booking="popup" opens the booking in a dialog of the page, "float" does so from a
// button in the corner. Both stand in shadow roots, where the page's own styles do not reach them.
(() => {
  'use strict';
  const doc = document, root = doc.documentElement, { ways, framed, language, show, make, look } = root.bookingLoader;
  const DARK = '--s:#17211f;--i:#ece7dc;--l:#31403c;--a:#8fcfc2;--o:#0d2420';
  // 1 on accents that white reads better on, 0 on the others, by the luminance where both give 4.58:1.
  const ON = 'clamp(0,(.179 - y)*1e5,1)';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial }
    dialog, .float { --s: #fffdf8; --i: #1c2b2a; --l: #e0d9cb; --a: #1d5a55; --o: #fffdf8 }
    .dark { ${DARK} }
    @media (prefers-color-scheme: dark) { .auto { ${DARK} } }
    dialog { width: 100%; height: 100%; max-width: none; max-height: none; padding: 0; border: 0; flex-direction: column; background: var(--s); color: var(--i); font: 500 17px/1.3 "Iowan Old Style", Palatino, "Noto Serif", Georgia, serif }
    dialog[open] { display: flex }
    dialog::backdrop { background: rgb(28 43 42/.55) }
    div { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .375rem .5rem .375rem 1rem; border-bottom: 1px solid var(--l) }
    button { min-height: 2.75rem; padding: 0 .75rem; border: 0; border-radius: .5rem; background: none; color: var(--a); font: 600 17px/1.2 system-ui, sans-serif; cursor: pointer }
    button:hover { background: var(--l) }
    button:focus-visible { outline: 3px solid var(--i) }
    b { margin-inline-start: .5rem; font: 400 1.75rem/0 system-ui; vertical-align: -.1em }
    iframe { position: relative; flex: 0 1 44rem; width: 100%; min-height: 0; border: 0 }
    .float { position: fixed; z-index: 99999; inset-block-end: max(1rem, env(safe-area-inset-bottom)); inset-inline-end: 1rem; max-width: calc(100% - 2rem); min-height: 3.25rem; padding: .5rem 1.5rem; border-radius: .75rem; background: var(--a) !important; color: var(--o); box-shadow: 0 .25rem 1rem rgb(0 0 0/.3) }
    .float.square { border-radius: 3px }
    .float.round { border-radius: 2rem }
    .float:hover { filter: brightness(.94) }
    .float:focus-visible { outline-offset: 2px; box-shadow: 0 0 0 7px var(--s) }
    @supports (color: color(from red xyz y y y)) {
      .own { background: var(--f) !important; color: color(from var(--f) xyz calc(.95*${ON}) ${ON} calc(1.08*${ON})) }
    }
    @media (width < 48rem) { iframe { flex: 1 !important } }
    @media (width >= 48rem) {
      dialog { width: min(54rem, 100% - 4rem); height: fit-content; --t: max(2rem, 50dvh - 28rem); margin-top: var(--t); max-height: calc(100dvh - var(--t) - 2rem); border-radius: 1.25rem; box-shadow: 0 1.5rem 4rem rgb(0 0 0/.28) }
      div { padding: .5rem 1.25rem .5rem 2rem }
    }
    @media (prefers-reduced-motion: no-preference) { dialog { animation: r .22s } @keyframes r { from { opacity: 0; translate: 0 8px } } }
    @media print { button { display: none } dialog { position: static; width: auto; max-height: none; box-shadow: none } }
  `);

  const apart = (element, ...names) => {
    const host = make('div'), shadow = host.attachShadow({ mode: 'open' });
    element.className = names.join(' ');
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(element);
    doc.body.append(host);
    return () => host.remove();
  };

  // Opens the dialog; gives what closes it. The focus returns to the button that opened it.
  function open(link, button) {
    const [frame, end, room] = framed(link, 'popup', (_, height) => { frame.style.flexBasis = height; });
    const cross = make('b', '×'), { overflow } = root.style;
    cross.ariaHidden = true;
    const words = { fr: 'Fermer', de: 'Schließen', es: 'Cerrar', ru: 'Закрыть' };
    const close = make('button', words[language(link).slice(0, 2)] || 'Close', cross);
    const dialog = make('dialog', make('div', make('span', frame.title), close), room, frame);
    dialog.ariaLabel = frame.title;
    const remove = apart(dialog, link.dataset.theme || 'auto');
    root.style.overflow = 'hidden';
    const shut = () => dialog.close();
    close.onclick = shut;
    dialog.onclose = () => {
      root.style.overflow = overflow;
      end();
      remove();
      button.focus();
    };
    dialog.showModal();
    return shut;
  }

  ways.popup = (link, button = link) => {
    let shut;
    const press = event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      shut = open(link, button);
    };
    button.addEventListener('click', press);
    return () => { button.removeEventListener('click', press); shut?.(); };
  };
  ways.float = link => {
    const button = make('button', link.textContent.trim()), { theme, radius, accent } = link.dataset;
    const isOwn = /^#[\da-f]{6}$/i.test(accent);
    if (isOwn) button.style.setProperty('--f', accent);
    const remove = apart(button, 'float', theme || 'auto', radius || 'soft', isOwn ? 'own' : '');
    const end = ways.popup(link, button);
    show(link, 'none');
    return () => { end(); remove(); };
  };
  look();
})();
