import Koa from 'koa';

const app = new Koa();
if (process.env.TRUST) {
  app.proxy = true;
}
app.use((context) => {
  if (context.path === '/redirect') {
    context.redirect(`${context.protocol}://${context.host}/where`);
  } else {
    context.body = { host: context.host, protocol: context.protocol };
  }
});
app.listen(process.env.PORT);
