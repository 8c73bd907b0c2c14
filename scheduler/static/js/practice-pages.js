// What script adds to the practice pages; everything works without it.
(() => {
  "use strict";
  document.documentElement.classList.add("scripted");

  // After a form with problems: to their summary, so that it is read first.
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // Copy buttons of read-only fields.
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy");
      }
      button.querySelector("span").textContent = button.dataset.done;
    });
  }

  // While something is waited for: look again, less and less often, and show what is new.
  const lookAgain = (pause) => {
    if (pause > 60000 || !document.querySelector("[data-waiting]")) return;
    setTimeout(async () => {
      try {
        const answer = document.hidden ? null : await fetch(location.pathname + location.search);
        if (answer && answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const part of document.querySelectorAll("[data-fresh]")) {
            const other = fresh.getElementById(part.id);
            const isInUse = part.contains(document.activeElement) || part.querySelector("details[open]");
            if (!other || isInUse || other.textContent === part.textContent) continue;
            part.replaceChildren(...other.childNodes);
          }
        }
      } catch {
        // Offline: the next look may do.
      }
      lookAgain(pause * 1.5);
    }, pause);
  };
  lookAgain(3000);

  // Weekly hours: each change is sent as a step that saves nothing, and what it would do is shown.
  const hours = document.querySelector("form[data-hours]");
  if (!hours) return;
  let latest = 0;
  hours.addEventListener("change", async (event) => {
    const field = event.target;
    if (field.name.startsWith("to-")) return;
    if (field.name.startsWith("open-") && field.checked) {
      hours.requestSubmit(hours.querySelector("[value=check]"));
      return;
    }
    const turn = ++latest;
    const body = new URLSearchParams(new FormData(hours));
    body.set("do", "check");
    try {
      const answer = await fetch(hours.action, { method: "POST", body });
      if (turn !== latest || (!answer.ok && answer.status !== 422)) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(part.id);
        if (!other) continue;
        part.className = other.className;
        part.replaceChildren(...other.childNodes);
      }
    } catch {
      // Offline: saving tells.
    }
  });
})();
