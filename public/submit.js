// Posts the page's form at once; without script the person presses its button.
document.querySelector('form[data-submit]')?.submit();
