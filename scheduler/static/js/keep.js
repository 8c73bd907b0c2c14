// What was typed is kept with the held time when the page is left, so that Back loses nothing.
(() => {
  'use strict';
  const form = document.querySelector('form[data-keep]');
  if (!form) return;
  let sent = false;
  form.addEventListener('submit', () => { sent = true; });
  window.addEventListener('pagehide', () => {
    if (sent) return;
    const answers = new URLSearchParams(new FormData(form));
    answers.set('action', 'keep');
    // By attribute: the buttons named "action" hide the property.
    navigator.sendBeacon(form.getAttribute('action') || location.href, answers);
  });
})();
