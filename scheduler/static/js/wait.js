// A press counts once, and is seen to count; when the answer takes long, the page says so.
(() => {
  'use strict';
  const slow = document.querySelector('[data-slow]');
  let timer = 0, waiting = false;
  const calm = () => {
    waiting = false;
    clearTimeout(timer);
    if (slow) slow.hidden = true;
    document.querySelectorAll('[aria-busy]').forEach(part => part.removeAttribute('aria-busy'));
  };
  document.addEventListener('submit', event => {
    if (waiting) { event.preventDefault(); return; }
    waiting = true;
    event.submitter?.setAttribute('aria-busy', 'true');
    timer = setTimeout(() => {
      waiting = false;
      if (slow) { slow.hidden = false; slow.scrollIntoView({ block: 'nearest' }); }
    }, 8000);
  });
  window.addEventListener('pageshow', calm);
})();
