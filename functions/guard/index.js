'use strict';

// Closes functions by a reserved concurrency of 0, or gives them back what they had. Any message
// of the topic closes; {"action":"open"} and {"action":"close"} are for people.

const {
  LambdaClient,
  PutFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
} = require('@aws-sdk/client-lambda');

const client = new LambdaClient({});
const guarded = JSON.parse(process.env.FUNCTIONS);

exports.handler = async (event) => {
  const action = event?.Records ? 'close' : event?.action;
  if (action !== 'open' && action !== 'close') {
    throw new Error(`action is ${JSON.stringify(action)}; want "open" or "close"`);
  }
  // One that fails must not keep the others from being closed. After an error Lambda calls
  // again, since a topic's messages are asynchronous.
  const results = await Promise.allSettled(guarded.map(action === 'open' ? open : close));
  const failed = results.flatMap((r, i) => (r.status === 'rejected' ? [`${guarded[i].name}: ${r.reason}`] : []));
  if (failed.length > 0) {
    throw new Error(`could not ${action} ${failed.join('; ')}`);
  }
  const names = guarded.map((f) => f.name);
  const why = event.Records?.map((r) => r.Sns?.Subject ?? r.Sns?.Message);
  console.log(JSON.stringify({ action, functions: names, why }));
  return { action, functions: names };
};

async function close(f) {
  // What is provisioned costs money as well, and stands in the way of a reservation of 0.
  if (f.alias) {
    await client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: f.name, Qualifier: f.alias })).catch(unlessGone);
  }
  await reserve(f, 0);
}

// A second message finds nothing provisioned any more.
function unlessGone(error) {
  if (!/^(ResourceNotFound|ProvisionedConcurrencyConfigNotFound)Exception$/.test(error.name)) throw error;
}

async function open(f) {
  await reserve(f, f.reserved);
  if (f.alias) {
    await client.send(new PutProvisionedConcurrencyConfigCommand({
      FunctionName: f.name, Qualifier: f.alias, ProvisionedConcurrentExecutions: f.provisioned,
    }));
  }
}

function reserve(f, n) {
  return client.send(new PutFunctionConcurrencyCommand({ FunctionName: f.name, ReservedConcurrentExecutions: n }));
}
