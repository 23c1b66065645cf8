// The editor of schedules.yaml: line numbers, errors at their lines, completion. Without it the page checks by its button.
(() => {
  'use strict';
  const root = new URL('..', document.currentScript.src).pathname.replace(/\/$/, ''); // below which path we are
  const form = document.querySelector('form.editor');
  const area = form && form.querySelector('textarea:not([readonly])');
  if (!area) return;
  const first = Number(form.dataset.firstLine), sheet = form.querySelector('.sheet');
  const effect = document.getElementById('effect-said'), status = document.getElementById('editor-said');
  const CHECK_AFTER = 500, COMPLETE_AFTER = 120; // milliseconds
  let problems = new Map(), asked = 0, wanted = 0, timer = 0, completing = 0;

  // --- lines and errors ---
  const gutter = document.createElement('pre');
  gutter.className = 'gutter';
  gutter.setAttribute('aria-hidden', 'true');
  sheet.prepend(gutter);

  const save = form.querySelector('.save');
  if (save) save.hidden = false; // without a script what changes is shown first, by the other button

  // YAML often notices an error a line too late, which is beyond a schedule's own lines.
  function within(line, count) {
    const last = first + count - 1;
    return line > last && line <= last + 3 ? last : line;
  }

  function number() {
    const count = area.value.split('\n').length;
    problems = new Map([...problems].map(([line, said]) => [within(line, count), said]));
    gutter.replaceChildren();
    for (let line = first; line < first + count; line += 1) {
      const said = problems.get(line), mark = document.createElement(said ? 'b' : 'span');
      mark.textContent = `${said ? '● ' : ''}${line}\n`;
      if (said) mark.title = said;
      gutter.append(mark);
    }
    gutter.scrollTop = area.scrollTop;
  }

  async function ask(address, more) {
    const said = new FormData(form);
    for (const [name, value] of Object.entries(more)) said.set(name, value);
    const answer = await fetch(`${root}${address}`, { method: 'POST', body: said, headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // What the server would refuse unread is said here, and stays in the page.
  function isTooLarge() {
    if (new Blob([area.value]).size <= Number(form.dataset.most)) return false;
    const said = document.createElement('p');
    said.className = 'trouble';
    said.textContent = form.dataset.tooLarge;
    effect.replaceChildren(said);
    status.textContent = said.textContent;
    area.setAttribute('aria-invalid', 'true');
    return true;
  }

  async function check() {
    asked += 1;
    const mine = asked;
    if (isTooLarge()) return;
    try {
      const found = await ask('/schedules/check', {});
      if (mine !== asked) return;
      problems = new Map(found.problems.map((each) => [each.line, each.words]));
      effect.innerHTML = found.html; // made by our own pages, every word of it escaped
      const told = effect.querySelector('h3, p');
      status.textContent = told ? told.textContent : '';
      if (found.problems.length) area.setAttribute('aria-invalid', 'true'); else area.removeAttribute('aria-invalid');
    } catch {
      if (mine === asked) effect.textContent = '…';
    }
    number();
  }

  // --- completion ---
  const list = document.createElement('ul');
  list.className = 'offers';
  list.id = 'choices';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', form.querySelector('label').textContent);
  list.tabIndex = 0; // it scrolls; while it is open the text keeps the focus
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.hidden = true;
  sheet.append(list);
  area.setAttribute('aria-autocomplete', 'list');
  area.setAttribute('aria-haspopup', 'listbox');
  area.setAttribute('aria-controls', list.id);
  let word = '', chosen = -1;

  function close() {
    wanted += 1;
    list.hidden = true;
    chosen = -1;
    area.removeAttribute('aria-activedescendant');
  }

  function choose(which) {
    chosen = (which + list.children.length) % list.children.length;
    [...list.children].forEach((each, at) => each.setAttribute('aria-selected', String(at === chosen)));
    area.setAttribute('aria-activedescendant', list.children[chosen].id);
    list.children[chosen].scrollIntoView({ block: 'nearest' });
  }

  function put(text) {
    area.setRangeText(text, area.selectionStart - word.length, area.selectionStart, 'end');
    close();
    changed();
  }

  function place() {
    const before = area.value.slice(0, area.selectionStart).split('\n'), style = getComputedStyle(area);
    const ruler = document.createElement('span');
    ruler.style.font = style.font;
    ruler.textContent = 'm'.repeat(20);
    ruler.className = 'unseen';
    sheet.append(ruler);
    const width = ruler.getBoundingClientRect().width / 20, height = parseFloat(style.lineHeight);
    ruler.remove();
    const left = area.offsetLeft + parseFloat(style.paddingLeft) + before.at(-1).length * width - area.scrollLeft;
    const top = parseFloat(style.paddingTop) + before.length * height - area.scrollTop;
    list.style.left = `${Math.max(0, Math.min(left, sheet.clientWidth - list.offsetWidth - 4))}px`;
    const fits = top + list.offsetHeight < sheet.clientHeight || top < list.offsetHeight + height;
    list.style.top = `${fits ? top : top - height - list.offsetHeight}px`;
  }

  async function complete(isAsked) {
    clearTimeout(completing);
    wanted += 1;
    const mine = wanted, cursor = Array.from(area.value.slice(0, area.selectionStart)).length;
    const found = await ask('/schedules/complete', { cursor }).catch(() => null);
    if (!found || mine !== wanted) return;
    word = found.word;
    if (!found.suggestions.length || (!isAsked && !word)) { close(); return; }
    list.replaceChildren(...found.suggestions.map((each, at) => {
      const item = document.createElement('li'), code = document.createElement('code');
      item.id = `choice-${at}`;
      item.setAttribute('role', 'option');
      code.textContent = each.text.trim();
      item.append(code, ` ${each.about}`);
      item.addEventListener('mousedown', (event) => { event.preventDefault(); put(each.text); });
      item.dataset.text = each.text;
      return item;
    }));
    list.hidden = false;
    choose(0);
    place();
  }

  function changed() {
    number();
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_AFTER);
  }

  area.addEventListener('input', () => {
    changed();
    clearTimeout(completing);
    completing = setTimeout(complete, COMPLETE_AFTER, false);
  });
  area.addEventListener('scroll', () => { gutter.scrollTop = area.scrollTop; if (!list.hidden) place(); });
  area.addEventListener('blur', close);
  area.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.ctrlKey) { event.preventDefault(); complete(true); return; }
    if (list.hidden) return;
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter' || event.key === 'Tab') put(list.children[chosen].dataset.text);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  });

  // A line that an error names is gone to.
  effect.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-line]');
    if (!link) return;
    event.preventDefault();
    const lines = area.value.split('\n'), at = Math.min(Number(link.dataset.line) - first, lines.length - 1);
    if (at < 0) return;
    const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
    area.focus();
    area.setSelectionRange(start + Math.max(Number(link.dataset.column) - 1, 0), start + lines[at].length);
    area.scrollTop = (at - 3) * parseFloat(getComputedStyle(area).lineHeight);
  });

  form.addEventListener('submit', (event) => { if (isTooLarge()) event.preventDefault(); });
  for (const each of effect.querySelectorAll('a[data-line]')) {
    problems.set(Number(each.dataset.line), each.parentElement.textContent.trim());
  }
  number();
})();
