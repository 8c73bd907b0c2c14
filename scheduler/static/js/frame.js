// Inside a frame: tell the host page how tall we are, and take the prefill it offers. Only sites that the
// practice lists are listened to, and they learn nothing but a height.
(() => {
  'use strict';
  const root = document.documentElement, hosts = (root.dataset.hosts || '').split(' ');
  if (window.parent === window || !hosts[0]) return;
  let origin = '', told = 0;

  const tell = () => {
    const care = root.dataset.embed === 'popup' ? 1 : 0;
    const height = Math.ceil(document.querySelector('.bk').getBoundingClientRect().height) + care;
    if (!origin || height === told) return;
    told = height;
    window.parent.postMessage({ booking: 'height', height }, origin);
  };

  const fill = (name, value) => {
    const field = document.querySelector(`form[data-keep] input[name="${name}"]`);
    if (field && !field.value && typeof value === 'string' && value.length <= 254) field.value = value;
  };

  window.addEventListener('message', event => {
    const said = event.data;
    if (event.source !== window.parent || !hosts.includes(event.origin) || !said || said.booking !== 'hello') return;
    origin = event.origin;
    told = 0;
    fill('name', said.name);
    fill('email', said.email);
    if (said.step > 0 && document.activeElement === document.body) {
      document.querySelector('h1[tabindex]')?.focus({ preventScroll: true });
    }
    tell();
  });
  new ResizeObserver(tell).observe(document.querySelector('.bk'));
})();
