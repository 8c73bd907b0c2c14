// Inside a frame: tell the host page how tall we are, and take the prefill it offers. Only sites that the practice
// lists are listened to. They learn a height; the step, and that something was booked, where the practice allows it.
(() => {
  'use strict';
  const root = document.documentElement, hosts = (root.dataset.hosts || '').split(' ');
  if (window.parent === window || !hosts[0]) return;
  let origin = '', told = 0;
  const say = words => window.parent.postMessage(words, origin);

  const tell = () => {
    const care = root.dataset.embed === 'popup' ? 1 : 0;
    const height = Math.ceil(document.querySelector('.bk').getBoundingClientRect().height) + care;
    if (!origin || height === told) return;
    told = height;
    say({ booking: 'height', height });
  };

  const fill = (name, value) => {
    const field = document.querySelector(`form[data-keep] input[name="${name}"]`);
    if (field && !field.value && typeof value === 'string' && value.length <= 254) field.value = value;
  };

  // Once for each page: the server writes these attributes only where the practice switched the events on.
  const happen = () => {
    const step = document.querySelector('[data-step]')?.dataset.step;
    const reference = document.querySelector('[data-booked]')?.dataset.booked;
    if (step) say({ booking: 'step', step: Number(step) });
    if (reference) say({ booking: 'booked', reference });
  };

  window.addEventListener('message', event => {
    const said = event.data;
    if (event.source !== window.parent || !hosts.includes(event.origin) || !said || said.booking !== 'hello') return;
    const isFirst = !origin;
    origin = event.origin;
    told = 0;
    if (isFirst) happen();
    fill('name', said.name);
    fill('email', said.email);
    if (said.step > 0 && document.activeElement === document.body) {
      document.querySelector('h1[tabindex]')?.focus({ preventScroll: true });
    }
    tell();
  });
  new ResizeObserver(tell).observe(document.querySelector('.bk'));
})();
