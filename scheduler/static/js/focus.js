// What a person must read first gets the focus: problems of a form, a time that is gone, a result.
(() => {
  'use strict';
  if (window.parent !== window && !document.querySelector('.note[data-focus]')) return;
  document.querySelector('[data-focus]')?.focus({ preventScroll: window.parent === window });
})();
