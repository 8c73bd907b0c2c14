// The month as a date grid: one Tab stop, arrows by day and week, Home and End, Page Up and Down by month.
// Source: WAI-ARIA Authoring Practices, date grid.
(() => {
  'use strict';
  const table = document.querySelector('table[data-month]');
  if (!table) return;
  const cells = [...table.querySelectorAll('td:not(.other)')].map(cell => cell.querySelector('button') || cell);
  if (!cells.length) return;
  table.setAttribute('role', 'grid');
  for (const row of table.querySelectorAll('tr')) row.setAttribute('role', 'row');
  for (const cell of table.querySelectorAll('td')) cell.setAttribute('role', 'gridcell');
  const reach = chosen => cells.forEach(cell => { cell.tabIndex = cell === chosen ? 0 : -1; });
  const go = index => {
    const cell = cells[Math.max(0, Math.min(cells.length - 1, index))];
    reach(cell);
    cell.focus();
  };
  const column = cell => (cell.closest('td')).cellIndex;
  const rtl = getComputedStyle(table).direction === 'rtl' ? -1 : 1;
  const month = direction => document.querySelector(`.month-bar a[rel=${direction}]`)?.click();
  const moves = {
    ArrowRight: at => at + rtl,
    ArrowLeft: at => at - rtl,
    ArrowDown: at => at + 7,
    ArrowUp: at => at - 7,
    Home: at => Math.max(0, at - column(cells[at])),
    End: at => Math.min(cells.length - 1, at + 6 - column(cells[at])),
  };
  table.addEventListener('keydown', event => {
    const at = cells.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      month(event.key === 'PageUp' ? 'prev' : 'next');
    } else if (moves[event.key]) {
      const to = moves[event.key](at);
      if (to >= 0 && to < cells.length) go(to);
    } else return;
    event.preventDefault();
  });
  table.addEventListener('focusin', event => cells.includes(event.target) && reach(event.target));
  const first = cells.find(cell => cell.tagName === 'BUTTON') || cells[0];
  reach(first);
  // The browser takes the focus away when it jumps to the month: give it back afterwards.
  if (location.hash === '#month') {
    window.addEventListener('load', () => setTimeout(() => first.focus({ preventScroll: true })));
  }
})();
