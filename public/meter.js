// Says while a new password is typed how hard it is to guess. The server that will keep it judges it, after a pause.
const field = document.querySelector('input[data-meter]');
const place = document.getElementById('meter');
if (field && place) {
  const bar = place.querySelector('meter');
  const said = place.querySelector('[role="status"]');
  const known = ['email', 'name'].map((name) => field.form.elements[name]).filter(Boolean);
  let timer;
  let asking;
  const judge = async () => {
    asking?.abort();
    asking = new AbortController();
    if (!field.value) { place.hidden = true; return; }
    const body = new URLSearchParams({ password: field.value, known: known.map((f) => f.value).join(' ') });
    try {
      const answer = await fetch(field.dataset.meter, { method: 'POST', body, signal: asking.signal, headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error();
      const { score, text } = await answer.json();
      bar.value = score;
      if (said.textContent !== text) said.textContent = text;
      place.hidden = false;
    } catch (error) {
      // Without an answer the page is as it is without script: the rules hold when the form is sent.
      if (error.name !== 'AbortError') place.hidden = true;
    }
  };
  field.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(judge, 300); });
}
