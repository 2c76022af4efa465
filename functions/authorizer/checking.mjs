// The Lambda@Edge function of routes whose callers hash their bodies, or that have none:
// authorizes, and does all of the signer's work but the hash.
import { handler as signing } from './signing.mjs';

const HASH = 'x-amz-content-sha256';
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

export const handler = async (event) => {
  const { request } = event.Records[0].cf;
  const { headers, method } = request;
  const sent = headers[HASH];
  const result = await signing(event);
  // Where there is nothing to hash a wrong hash must not go on, as the signer has it.
  if (result !== request || READS.has(method)) return result;
  // The body is not here: what the signer set is the hash of an empty one.
  if (sent) headers[HASH] = sent;
  else delete headers[HASH];
  return request;
};
