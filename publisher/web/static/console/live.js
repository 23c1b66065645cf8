// Parts of a page that the server tells anew while it is open. A page that nobody sees does not listen: browsers keep
// few connections to one server, and the newest state comes with the next.
(() => {
  'use strict';
  const AGAIN = 15000; // milliseconds until what was refused is asked for once more
  const main = document.querySelector('main[data-live]');
  if (!main || !('EventSource' in window)) return;
  const live = new URL('../live', document.currentScript.src); // a web server in front may put us below a path
  const about = new URLSearchParams(main.dataset.live.split(' ').map((each) => ['about', each]));
  const waiting = new Map(); // parts that came while somebody typed in them
  let source = null;
  let again = 0;

  const fields = 'input:not([type="hidden"]), textarea, select';
  const reached = `a[href], button, summary, [tabindex], ${fields}`;

  // What leads to the same place in the same words is the same thing, wherever it stands by now.
  const nameOf = (each) => [each.id, each.getAttribute('href'), each.form?.getAttribute('action'), each.textContent].join(' ');

  const placeOf = (old) => {
    const at = document.activeElement;
    if (!old.contains(at) || at === old) return null;
    return { index: [...old.querySelectorAll(reached)].indexOf(at), name: nameOf(at) };
  };

  const focusOn = (fresh, place) => {
    const all = [...fresh.querySelectorAll(reached)];
    const same = all.find((each) => nameOf(each) === place.name);
    (same || all[place.index] || main).focus({ preventScroll: true });
  };

  // What somebody has typed and not sent stays, and the rest of it with it.
  const isTyped = (part) => [...part.querySelectorAll('input:not([type="hidden"]), textarea')].some((each) => each.value !== each.defaultValue);

  // What the page shows beside its live parts is of another state: a line says so, and leads to it as it is now.
  const changed = () => {
    const words = main.querySelector('[data-changed]')?.dataset.changed;
    if (!words || document.getElementById('changed')) return;
    const note = document.createElement('p'), link = document.createElement('a');
    Object.assign(note, { id: 'changed', className: 'notice' });
    note.setAttribute('role', 'status');
    link.href = location.pathname + location.search;
    link.textContent = words;
    note.append(link);
    main.prepend(note);
  };

  const replace = ({ id, html }) => {
    const old = document.getElementById(id);
    if (!old) return;
    if (old.contains(document.activeElement) && document.activeElement.matches(fields)) {
      waiting.set(id, html);
      return;
    }
    const made = document.createElement('template');
    made.innerHTML = html;
    const fresh = made.content.firstElementChild;
    if (!fresh || fresh.id !== id) return;
    if (fresh.isEqualNode(old)) return;
    if (isTyped(old)) { changed(); return; }
    if (old.dataset.of && old.dataset.of !== fresh.dataset.of) changed();
    for (const token of fresh.querySelectorAll('input[name="csrf_token"]')) token.value = main.dataset.form;
    const open = [...old.querySelectorAll('details')].map((each) => each.open);
    [...fresh.querySelectorAll('details')].forEach((each, index) => { each.open = each.open || Boolean(open[index]); });
    const place = placeOf(old);
    old.replaceWith(fresh);
    if (place) focusOn(fresh, place);
    document.dispatchEvent(new CustomEvent('part', { detail: fresh }));
  };

  const say = (words) => {
    const said = document.getElementById('live-said');
    if (said) said.textContent = words;
  };

  const end = () => {
    close();
    removeEventListener('pageshow', follow);
    document.removeEventListener('visibilitychange', follow);
    const note = document.createElement('p');
    note.className = 'notice';
    note.setAttribute('role', 'status');
    note.textContent = main.dataset.stale;
    main.prepend(note);
  };

  const close = () => {
    clearTimeout(again);
    if (source) source.close();
    source = null;
  };

  const open = () => {
    close();
    source = new EventSource(`${live}?${about}`);
    source.addEventListener('part', (event) => replace(JSON.parse(event.data)));
    source.addEventListener('said', (event) => say(JSON.parse(event.data).words));
    source.addEventListener('over', end);
    source.addEventListener('error', () => {
      // A connection that was lost comes back by itself; one that was refused doesn't.
      if (source && source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN);
    });
  };

  const follow = () => {
    if (document.visibilityState === 'hidden') close();
    else if (!source) open();
  };

  document.addEventListener('focusout', () => setTimeout(() => {
    const parts = [...waiting];
    waiting.clear();
    for (const [id, html] of parts) replace({ id, html });
  }));
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', close);
  addEventListener('pageshow', follow);
  follow();
})();
