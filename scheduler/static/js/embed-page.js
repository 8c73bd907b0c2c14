// The practice's Embed page: what is chosen is shown at once, in the preview and in the lines to copy.
(() => {
  'use strict';
  const form = document.querySelector('form[data-look]'), see = document.querySelector('iframe.see');
  let turn = 0;

  form.addEventListener('change', async () => {
    const mine = ++turn, query = '?' + new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action + query);
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== turn || !answer.ok) return;
      history.replaceState(null, '', query);
      see.src = fresh.querySelector('iframe.see').getAttribute('src');
      for (const field of document.querySelectorAll('textarea[data-select]')) {
        field.value = fresh.getElementById(field.id).value;
      }
      for (const words of document.querySelectorAll('[data-copy] span, [data-shown]')) {
        const other = fresh.getElementById(words.id);
        if (other) words.textContent = other.textContent;
      }
    } catch {
      // Offline: the button below the choices does the same.
      document.documentElement.classList.remove('scripted');
    }
  });
})();
