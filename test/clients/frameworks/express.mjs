import express from 'express';

const app = express();
if (process.env.TRUST) {
  app.set('trust proxy', true);
}
app.get('/where', (request, response) => response.json({ host: request.host, protocol: request.protocol }));
app.get('/redirect', (request, response) => response.redirect(`${request.protocol}://${request.host}/where`));
app.listen(process.env.PORT);
