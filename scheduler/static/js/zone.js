// The visitor's time zone: carried along on links and forms; where a page shows times of another zone and the
// address does not say which one is wanted, the page is asked for once more.
(() => {
  'use strict';
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const here = new URL(location.href);
  if (!zone || here.searchParams.has('tz')) return;
  const shown = document.querySelector('[data-zone]');
  if (shown && shown.dataset.zone !== zone && !document.querySelector('[data-focus]')) {
    here.searchParams.set('tz', zone);
    location.replace(here);
    return;
  }
  const carry = address => {
    const url = new URL(address, location.href);
    if (url.origin === location.origin && url.pathname.startsWith('/book/')) url.searchParams.set('tz', zone);
    return url.href;
  };
  for (const link of document.querySelectorAll('main a[href]')) {
    if (link.protocol.startsWith('http')) link.href = carry(link.href);
  }
  for (const form of document.querySelectorAll('form')) {
    // By attribute: a field named "action" hides the property.
    if (form.getAttribute('method') === 'post') form.setAttribute('action', carry(form.getAttribute('action') || location.href));
    else if (!form.elements.namedItem('tz')) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name: 'tz', value: zone });
      form.append(field);
    }
  }
})();
