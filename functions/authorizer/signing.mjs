// The Lambda@Edge function of routes whose bodies are hashed at the edge: authorizes, then
// signs.
import signer from '../signer/index.js';
import { authorize } from './authorize.mjs';

export const handler = async (event) => (await authorize(event.Records[0].cf.request)) ?? signer.handler(event);
