// Asks the API of its own origin and shows the answer as it streams in.
(async () => {
  const answer = document.getElementById('answer');
  const response = await fetch('/api/chat', { method: 'POST', body: 'hello from the page' });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) answer.textContent += piece.value;
  document.body.dataset.done = response.status;
})();
