import Fastify from 'fastify';

const app = Fastify(process.env.TRUST ? { trustProxy: true } : {});
app.get('/where', async (request) => ({ host: request.host, protocol: request.protocol }));
app.get('/redirect', (request, reply) => reply.redirect(`${request.protocol}://${request.host}/where`));
app.listen({ port: Number(process.env.PORT) });
