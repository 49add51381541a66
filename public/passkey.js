// Passkeys: hands the page's options to the browser and the browser's answer to the page's form. Nothing is fetched.
const form = document.querySelector('form[data-passkey]');
const button = form?.querySelector('button');
const api = globalThis.PublicKeyCredential;
if (form && api?.parseRequestOptionsFromJSON) {
  const { publicKey } = JSON.parse(form.dataset.passkey);
  const creates = form.dataset.kind === 'create';
  let waiting;
  let sent = false;
  const ask = async (mediation) => {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    try {
      const answer = creates
        ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(publicKey), signal })
        : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(publicKey), mediation, signal });
      // One answer of a ceremony counts; another one would only undo it.
      if (sent) return;
      sent = true;
      form.elements.credential.value = JSON.stringify(answer.toJSON());
      form.submit();
    } catch (error) {
      if (error.name !== 'AbortError') form.querySelector('[role="status"]').hidden = Boolean(mediation);
    }
  };
  form.hidden = false;
  button.addEventListener('click', (event) => {
    event.preventDefault();
    if (!sent && form.reportValidity()) ask();
  });
  // After a passkey that was not known here the page waits to be asked.
  if (form.dataset.kind === 'get' && await api.isConditionalMediationAvailable?.()) ask('conditional');
}
