// The Lambda@Edge function of routes whose bodies are hashed at the edge: authorizes, then
// signs.
import signer from '../signer/index.js';
import { authorize, CLAIMS } from './authorize.mjs';

export const handler = async (event) => {
  const { request } = event.Records[0].cf;
  const answer = await authorize(request);
  if (answer) return answer;
  const claims = request.headers[CLAIMS];
  const signed = await signer.handler(event); // which drops claims, as it drops a viewer's
  if (claims && signed === request) request.headers[CLAIMS] = claims;
  return signed;
};
