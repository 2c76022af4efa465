import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/where', (context) => {
  const { host, protocol } = new URL(context.req.url);
  return context.json({ host, protocol: protocol.slice(0, -1) });
});
app.get('/redirect', (context) => context.redirect(new URL('/where', context.req.url).href));
app.post('/where', async (context) => context.text(await context.req.text()));

const port = Number(process.env.PORT);
if (process.env.TRUST) {
  const fetch = (request, env) => {
    const url = new URL(request.url);
    url.host = request.headers.get('x-forwarded-host') ?? url.host;
    url.protocol = request.headers.get('x-forwarded-proto') ?? url.protocol;
    return app.fetch(new Request(url, request), env);
  };
  serve({ fetch, port });
} else {
  serve({ fetch: app.fetch, port });
}
